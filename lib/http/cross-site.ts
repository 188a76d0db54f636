import { isCsrfToken } from '#lib/auth/csrf-token.ts';
import { getConfig } from '#lib/config/get-config.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { cookieName } from '#lib/sessions/session-cookies.ts';
import type { HttpRequest } from './http-request.ts';

/**
 * A browser attaches cookies to requests that other sites make. So a write that authenticates by cookie has to come from here, by
 * the browser's own word, and carry the token of its session in a header and a cookie. Throws `csrf_failed`.
 */
export function assertNotForged(request: HttpRequest, sessionId: string): void {
  if (!isFromHere(request))
    throw new AppError(
      'csrf_failed',
      'A cookie-authenticated write must come from this site or an allowed origin',
    );
  if (!isCsrfToken(sessionId, request.headers['x-csrf-token'], request.cookies[cookieName('csrf_token')]))
    throw new AppError('csrf_failed', 'A cookie-authenticated write needs the csrf_token in X-CSRF-Token');
}

function isFromHere({ headers }: HttpRequest): boolean {
  const site = headers['sec-fetch-site'];
  if (site === 'same-origin' || site === 'none') return true;
  const { ALLOWED_ORIGINS, PUBLIC_URL } = getConfig();
  const { origin } = headers;
  return origin !== undefined && (origin === new URL(PUBLIC_URL).origin || ALLOWED_ORIGINS.includes(origin));
}
