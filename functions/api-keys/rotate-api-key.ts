import { rotateApiKey } from '#lib/api-keys/rotate-api-key.ts';
import { ApiKeyParams, NewApiKey, RotateApiKeyInput } from '#lib/api-keys/schemas.ts';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';

export const handler = defineEndpoint(
  {
    id: 'rotateApiKey',
    method: 'POST',
    path: '/api/v1/api-keys/{id}/rotate',
    summary: 'Give one of your API keys a new secret and show it once',
    description:
      'The secret before works until the overlap ends. A key has two secrets at most: one from before that ends at once.',
    access: { permission: 'api_keys:manage', stepUp: true },
    rateLimit: 'write',
    statements: 2,
    params: ApiKeyParams,
    body: RotateApiKeyInput,
    response: { status: 200, schema: NewApiKey },
    errors: ['not_found', 'api_key_expired'],
  },
  ({ ctx, params, body }) => rotateApiKey(ctx, params.id, body),
);
