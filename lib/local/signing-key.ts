import { generateKeyPairSync, randomUUID } from 'node:crypto';

/** A new AUTH_SIGNING_KEY: a private Ed25519 JWK with a random `kid`, as JSON. */
export function createSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  return JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid: randomUUID() });
}
