import { forgotPassword } from '#lib/accounts/forgot-password.ts';
import { ForgotPasswordInput } from '#lib/accounts/schemas.ts';
import { definePublicEndpoint } from '#lib/http/define-public-endpoint.ts';

export const handler = definePublicEndpoint(
  {
    id: 'forgotPassword',
    method: 'POST',
    path: '/api/v1/auth/forgot-password',
    summary: 'Have a link mailed to choose a new password',
    description: 'The answer is the same whether or not the address has an account.',
    rateLimit: 'login',
    accountLimit: { field: 'email', policy: 'mail' },
    statements: 2,
    body: ForgotPasswordInput,
    response: { status: 202 },
  },
  ({ ctx, body }) => forgotPassword(ctx, body),
);
