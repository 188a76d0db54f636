import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { listSessions } from '#lib/sessions/list-sessions.ts';
import { SessionList } from '#lib/sessions/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'listSessions',
    method: 'GET',
    path: '/api/v1/auth/sessions',
    summary: 'List your sessions that live',
    access: 'session',
    rateLimit: 'read',
    statements: 1,
    response: { status: 200, schema: SessionList },
  },
  ({ ctx }) => listSessions(ctx),
);
