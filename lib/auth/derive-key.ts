import { hkdfSync } from 'node:crypto';
import { getConfig } from '#lib/config/get-config.ts';

const keys = new Map<string, Buffer>();
let derivedFrom: string | undefined;

/** The 256-bit key for one purpose, derived from AUTH_SECRET (HKDF, RFC 5869): what leaks of one tells nothing of another. */
export function deriveKey(purpose: string): Buffer {
  const { AUTH_SECRET: secret } = getConfig();
  if (secret !== derivedFrom) keys.clear();
  derivedFrom = secret;
  let key = keys.get(purpose);
  if (!key) {
    key = Buffer.from(hkdfSync('sha256', secret, '', `plinth ${purpose}`, 32));
    keys.set(purpose, key);
  }
  return key;
}
