import { sessionIdOf } from '#lib/sessions/issue-tokens.ts';
import { cookieName } from '#lib/sessions/session-cookies.ts';
import { assertNotForged } from './cross-site.ts';
import type { Middleware } from './middleware.ts';

/** Takes the refresh token from the cookie of a browser that leaves it out of the body; `csrf_failed` when it may be another site's doing. */
export function refreshCookie(): Middleware {
  return {
    before({ event: request }) {
      const body = request.body as { refreshToken?: unknown } | null;
      if (typeof body !== 'object' || body === null || body.refreshToken !== undefined) return;
      const refreshToken = request.cookies[cookieName('refresh_token')];
      if (!refreshToken) return;
      assertNotForged(request, sessionIdOf(refreshToken));
      request.body = { ...body, refreshToken };
    },
  };
}
