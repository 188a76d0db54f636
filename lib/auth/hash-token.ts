import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits for a person or program to keep, as base64url. */
export function createToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What we keep of such a token: as it has 256 bits, a plain SHA-256 cannot be searched. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
