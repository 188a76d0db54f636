import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { deriveKey, deriveKeys } from './derive-key.ts';

/** The anti-forgery token of a session: signed, so that a cookie planted by another host of the domain does not pass. */
export function csrfTokenOf(sessionId: string): string {
  return sign(deriveKey('csrf'), sessionId);
}

function sign(key: KeyObject, sessionId: string): string {
  return createHmac('sha256', key).update(sessionId).digest('base64url');
}

/**
 * True when all texts are the token of the session, as it is or as it was before AUTH_SECRET was changed (signed double submit, OWASP CSRF
 * Prevention Cheat Sheet).
 */
export function isCsrfToken(sessionId: string, ...candidates: readonly (string | undefined)[]): boolean {
  return deriveKeys('csrf').some((key) => {
    const expected = Buffer.from(sign(key, sessionId));
    return candidates.every((candidate = '') => {
      const bytes = Buffer.from(candidate);
      return bytes.length === expected.length && timingSafeEqual(bytes, expected);
    });
  });
}
