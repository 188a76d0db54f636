import { hkdfSync } from 'node:crypto';
import { getConfig } from '#lib/config/get-config.ts';

const keys = new Map<string, Buffer>();

/** The 256-bit key for one purpose, derived from AUTH_SECRET (HKDF, RFC 5869): what leaks of one tells nothing of another. */
export function deriveKey(purpose: string): Buffer {
  let key = keys.get(purpose);
  if (!key) {
    key = Buffer.from(hkdfSync('sha256', getConfig().AUTH_SECRET, '', `plinth ${purpose}`, 32));
    keys.set(purpose, key);
  }
  return key;
}
