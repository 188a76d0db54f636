import { createHmac, timingSafeEqual } from 'node:crypto';
import { deriveKey } from './derive-key.ts';

/** The anti-forgery token of a session: signed, so that a cookie planted by another host of the domain does not pass. */
export function csrfTokenOf(sessionId: string): string {
  return createHmac('sha256', deriveKey('csrf')).update(sessionId).digest('base64url');
}

/** True when both texts are the token of the session (signed double submit, OWASP CSRF Prevention Cheat Sheet). */
export function isCsrfToken(sessionId: string, ...candidates: readonly (string | undefined)[]): boolean {
  const expected = Buffer.from(csrfTokenOf(sessionId));
  return candidates.every((candidate = '') => {
    const bytes = Buffer.from(candidate);
    return bytes.length === expected.length && timingSafeEqual(bytes, expected);
  });
}
