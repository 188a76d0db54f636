import { changePassword } from '#lib/accounts/change-password.ts';
import { ChangePasswordInput } from '#lib/accounts/schemas.ts';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';

export const handler = defineEndpoint(
  {
    id: 'changePassword',
    method: 'POST',
    path: '/api/v1/auth/change-password',
    summary: 'Change your password and end your other sessions',
    access: 'session',
    rateLimit: 'login',
    statements: 6,
    body: ChangePasswordInput,
    response: { status: 204 },
  },
  ({ ctx, body }) => changePassword(ctx, body),
);
