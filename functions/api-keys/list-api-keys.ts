import { listApiKeys } from '#lib/api-keys/list-api-keys.ts';
import { ApiKeyPage, ListApiKeysQuery } from '#lib/api-keys/schemas.ts';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { nextLink } from '#lib/http/next-link.ts';

export const handler = defineEndpoint(
  {
    id: 'listApiKeys',
    method: 'GET',
    path: '/api/v1/api-keys',
    summary: 'List your API keys, newest first',
    description:
      'Who manages members sees those of the whole organization. Revoked keys are left out; the audit trail has them.',
    access: { permission: 'api_keys:read' },
    rateLimit: 'read',
    statements: 1,
    query: ListApiKeysQuery,
    response: { status: 200, schema: ApiKeyPage, headers: { Link: nextLink } },
    errors: ['invalid_cursor'],
  },
  ({ ctx, query }) => listApiKeys(ctx, query),
);
