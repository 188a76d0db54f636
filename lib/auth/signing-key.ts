import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { getConfig } from '#lib/config/get-config.ts';

/** Access tokens are signed with Ed25519; the algorithm is pinned, never read from a token. */
export const tokenAlgorithm = 'EdDSA';

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

let signingKey: SigningKey | undefined;

/** The key pair that signs and verifies access tokens, imported on first use. */
export function getSigningKey(): SigningKey {
  signingKey ??= importKey(JSON.parse(getConfig().AUTH_SIGNING_KEY));
  return signingKey;
}

function importKey(jwk: JsonWebKey & { kid: string }): SigningKey {
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  return { kid: jwk.kid, privateKey, publicKey: createPublicKey(privateKey) };
}
