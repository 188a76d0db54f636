import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { revokeSession } from '#lib/sessions/revoke-session.ts';
import { SessionParams } from '#lib/sessions/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'revokeSession',
    method: 'DELETE',
    path: '/api/v1/auth/sessions/{id}',
    summary: 'End one of your sessions',
    access: 'session',
    rateLimit: 'write',
    statements: 2,
    params: SessionParams,
    response: { status: 204 },
    errors: ['not_found'],
  },
  ({ ctx, params }) => revokeSession(ctx, params.id),
);
