import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { Database } from '#lib/db/client.ts';
import { signingKeys } from '#lib/db/schema/signing-keys.ts';
import { seal } from './seal.ts';

/** Stores a new Ed25519 key pair, its private half sealed; a second `current` key is not stored. */
export async function createSigningKey(
  database: Database,
  state: 'current' | 'pending',
  now: Date,
): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  await database
    .insert(signingKeys)
    .values({
      kid: randomUUID(),
      state,
      stateSince: now.toISOString(),
      publicJwk: { kty: 'OKP', crv: 'Ed25519', x: String(x) },
      sealedPrivateJwk: seal('signing key', JSON.stringify(privateKey.export({ format: 'jwk' }))),
    })
    .onConflictDoNothing();
}
