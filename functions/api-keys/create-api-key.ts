import { createApiKey } from '#lib/api-keys/create-api-key.ts';
import { CreateApiKeyInput, NewApiKey } from '#lib/api-keys/schemas.ts';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';

export const handler = defineEndpoint(
  {
    id: 'createApiKey',
    method: 'POST',
    path: '/api/v1/api-keys',
    summary: 'Create an API key and show it once',
    description:
      'It acts in your name, as far as its scopes go, and ends with your membership. No API key can manage API keys.',
    access: { permission: 'api_keys:manage', stepUp: true },
    rateLimit: 'write',
    statements: 3,
    body: CreateApiKeyInput,
    response: { status: 201, schema: NewApiKey },
  },
  ({ ctx, body }) => createApiKey(ctx, body),
);
