import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { logout } from '#lib/sessions/logout.ts';
import { clearedCookies } from '#lib/sessions/session-cookies.ts';

export const handler = defineEndpoint(
  {
    id: 'logout',
    method: 'POST',
    path: '/api/v1/auth/logout',
    summary: 'End the session of this request',
    access: 'session',
    rateLimit: 'write',
    statements: 2,
    response: { status: 204, cookies: clearedCookies },
  },
  ({ ctx }) => logout(ctx),
);
