import { randomBytes } from 'node:crypto';

/** A new AUTH_SECRET: 256 random bits. */
export function createSecret(): string {
  return randomBytes(32).toString('base64url');
}
