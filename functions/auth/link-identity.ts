import { linkIdentity } from '#lib/auth/link-identity.ts';
import { Identity, LinkIdentityInput } from '#lib/auth/schemas.ts';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';

export const handler = defineEndpoint(
  {
    id: 'linkIdentity',
    method: 'POST',
    path: '/api/v1/auth/identities',
    summary: 'Let an identity of another token issuer act as you',
    access: { stepUp: true },
    rateLimit: 'write',
    statements: 2,
    body: LinkIdentityInput,
    response: { status: 201, schema: Identity },
    errors: ['identity_taken'],
  },
  ({ ctx, body }) => linkIdentity(ctx, body),
);
