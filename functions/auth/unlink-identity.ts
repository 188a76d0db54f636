import { IdentityQuery } from '#lib/auth/schemas.ts';
import { unlinkIdentity } from '#lib/auth/unlink-identity.ts';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';

export const handler = defineEndpoint(
  {
    id: 'unlinkIdentity',
    method: 'DELETE',
    path: '/api/v1/auth/identities',
    summary: 'No longer let an identity of another issuer act as you',
    access: 'session',
    rateLimit: 'write',
    statements: 2,
    query: IdentityQuery,
    response: { status: 204 },
    errors: ['not_found'],
  },
  ({ ctx, query }) => unlinkIdentity(ctx, query),
);
