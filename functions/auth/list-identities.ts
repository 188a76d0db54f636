import { listIdentities } from '#lib/auth/list-identities.ts';
import { IdentityList } from '#lib/auth/schemas.ts';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';

export const handler = defineEndpoint(
  {
    id: 'listIdentities',
    method: 'GET',
    path: '/api/v1/auth/identities',
    summary: 'List the identities of other issuers that act as you',
    access: 'session',
    rateLimit: 'read',
    statements: 1,
    response: { status: 200, schema: IdentityList },
  },
  ({ ctx }) => listIdentities(ctx),
);
