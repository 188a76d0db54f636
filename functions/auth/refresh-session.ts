import { definePublicEndpoint } from '#lib/http/define-public-endpoint.ts';
import { refreshSession } from '#lib/sessions/refresh-session.ts';
import { RefreshInput, SessionTokens } from '#lib/sessions/schemas.ts';
import { sessionCookies } from '#lib/sessions/session-cookies.ts';

export const handler = definePublicEndpoint(
  {
    id: 'refreshSession',
    method: 'POST',
    path: '/api/v1/auth/refresh',
    summary: 'Exchange a refresh token for the next tokens',
    description:
      'A token works once; for ten seconds more, so that two tabs do not log each other out. Later its second use ends the session.',
    rateLimit: 'refresh',
    statements: 5,
    body: RefreshInput,
    readsRefreshCookie: true,
    response: { status: 200, schema: SessionTokens, cookies: sessionCookies },
  },
  ({ ctx, body }) => refreshSession(ctx, body.refreshToken),
);
