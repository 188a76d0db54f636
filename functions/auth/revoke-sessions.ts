import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { revokeSessions } from '#lib/sessions/revoke-sessions.ts';
import { RevokeSessionsQuery } from '#lib/sessions/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'revokeSessions',
    method: 'DELETE',
    path: '/api/v1/auth/sessions',
    summary: 'End all your sessions, or all others',
    access: 'session',
    rateLimit: 'write',
    statements: 2,
    query: RevokeSessionsQuery,
    response: { status: 204 },
  },
  ({ ctx, query }) => revokeSessions(ctx, query),
);
