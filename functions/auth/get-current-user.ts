import { getCurrentUser } from '#lib/auth/get-current-user.ts';
import { CurrentUser } from '#lib/auth/schemas.ts';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';

export const handler = defineEndpoint(
  {
    id: 'getCurrentUser',
    method: 'GET',
    path: '/api/v1/auth/me',
    summary: 'Who am I',
    access: 'authenticated',
    rateLimit: 'read',
    statements: 1,
    response: { status: 200, schema: CurrentUser },
  },
  ({ ctx }) => getCurrentUser(ctx),
);
