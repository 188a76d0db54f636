import { revokeApiKey } from '#lib/api-keys/revoke-api-key.ts';
import { ApiKeyParams } from '#lib/api-keys/schemas.ts';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';

export const handler = defineEndpoint(
  {
    id: 'revokeApiKey',
    method: 'DELETE',
    path: '/api/v1/api-keys/{id}',
    summary: 'Revoke an API key, effective at once',
    description: 'One of your own, whatever your role is now; who manages members, any of the organization.',
    access: 'session',
    rateLimit: 'write',
    statements: 2,
    params: ApiKeyParams,
    response: { status: 204 },
    errors: ['not_found'],
  },
  ({ ctx, params }) => revokeApiKey(ctx, params.id),
);
