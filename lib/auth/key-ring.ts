import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { asc, ne } from 'drizzle-orm';
import { getPool } from '#lib/db/client.ts';
import { signingKeys } from '#lib/db/schema/signing-keys.ts';
import { createCache } from '#lib/resilience/cache.ts';
import { createSigningKey } from './create-signing-key.ts';
import type { Jwks } from './schemas.ts';
import { unseal } from './seal.ts';

/** Access tokens are signed with Ed25519; the algorithm is pinned, never read from a token. */
export const tokenAlgorithm = 'EdDSA';

interface Signer {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

interface KeyRing {
  readonly signer: Signer;
  readonly verifiers: ReadonlyMap<string, KeyObject>;
  readonly jwks: Jwks;
}

/** How long an instance trusts what it read while it can ask: a key is pending, and retires, for longer than that. */
export const keyRingTtlSeconds = 300;
// Loaded beside a request in the last of the five minutes, so that none waits for it.
const freshMs = 240_000;
// While the database is away, a ring is trusted for as long as an access token lives: 15 minutes. Nobody can revoke a key meanwhile,
// unless only this instance is cut off; and a token that was stolen with its session is good for as long (ADR 0019).
const awayMs = 900_000;
// A token may name a key that is younger than our copy; made-up names must not cost a query each.
const unknownKeyRetryMs = 10_000;

const rings = createCache<KeyRing>({
  name: 'signing keys',
  freshMs,
  staleMs: keyRingTtlSeconds * 1000,
  awayMs,
  maxEntries: 1,
});
const onlyRing = 'ring';

/** The key that signs access tokens now. Reads the database once in five minutes; the very first call creates the first key. */
export async function getSigner(now: Date): Promise<Signer> {
  const { signer } = await getRing(now);
  return signer;
}

/** The public key with this id, unless it is revoked or unknown. */
export async function findVerifier(kid: string, now: Date): Promise<KeyObject | undefined> {
  const known = (await getRing(now)).verifiers.get(kid);
  return known ?? (await getRing(now, unknownKeyRetryMs)).verifiers.get(kid);
}

/** True when `findVerifier` finds this key without waiting for the database. */
export function isVerifierAtHand(kid: string, now: Date): boolean {
  return rings.peek(onlyRing, now)?.verifiers.has(kid) === true;
}

/** The public keys that verify our tokens, the next one included (RFC 7517). */
export async function getJwks(now: Date): Promise<Jwks> {
  const { jwks } = await getRing(now);
  return jwks;
}

/** Makes the next use read the keys again. */
export function forgetKeyRing(): void {
  rings.forget(onlyRing);
}

function getRing(now: Date, maxAgeMs?: number): Promise<KeyRing> {
  return rings.get(onlyRing, now, () => loadRing(now), maxAgeMs);
}

async function loadRing(now: Date): Promise<KeyRing> {
  let keys = await selectKeys();
  if (!keys.some(({ state }) => state === 'current')) {
    await createSigningKey(getPool(), 'current', now);
    keys = await selectKeys();
  }
  const current = keys.find(({ state }) => state === 'current');
  if (!current?.sealedPrivateJwk) throw new Error('there is no current signing key');
  const jwk = JSON.parse(unseal('signing key', current.sealedPrivateJwk));
  return {
    signer: { kid: current.kid, privateKey: createPrivateKey({ key: jwk, format: 'jwk' }) },
    verifiers: new Map(
      keys.map(({ kid, publicJwk }) => [kid, createPublicKey({ key: publicJwk, format: 'jwk' })]),
    ),
    jwks: {
      keys: keys.map(({ kid, publicJwk }) => ({ ...publicJwk, kid, use: 'sig', alg: tokenAlgorithm })),
    },
  };
}

function selectKeys() {
  return getPool()
    .select()
    .from(signingKeys)
    .where(ne(signingKeys.state, 'revoked'))
    .orderBy(asc(signingKeys.createdAt));
}
