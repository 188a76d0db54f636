import { resetPassword } from '#lib/accounts/reset-password.ts';
import { ResetPasswordInput } from '#lib/accounts/schemas.ts';
import { definePublicEndpoint } from '#lib/http/define-public-endpoint.ts';

export const handler = definePublicEndpoint(
  {
    id: 'resetPassword',
    method: 'POST',
    path: '/api/v1/auth/reset-password',
    summary: 'Choose a new password with the token of a mail',
    description: 'Ends all sessions. The token works once, for an hour.',
    rateLimit: 'login',
    statements: 8,
    body: ResetPasswordInput,
    response: { status: 204 },
    errors: ['invalid_account_token'],
  },
  ({ ctx, body }) => resetPassword(ctx, body),
);
