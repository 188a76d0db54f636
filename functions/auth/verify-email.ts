import { VerifyEmailInput } from '#lib/accounts/schemas.ts';
import { verifyEmail } from '#lib/accounts/verify-email.ts';
import { definePublicEndpoint } from '#lib/http/define-public-endpoint.ts';

export const handler = definePublicEndpoint(
  {
    id: 'verifyEmail',
    method: 'POST',
    path: '/api/v1/auth/verify-email',
    summary: 'Confirm your address with the token of a mail and your password',
    description:
      'Somebody else may have registered the address first: if your password is refused, choose a new one by `forgot-password`.',
    rateLimit: 'login',
    statements: 5,
    body: VerifyEmailInput,
    response: { status: 204 },
    errors: ['invalid_account_token', 'invalid_credentials'],
  },
  ({ ctx, body }) => verifyEmail(ctx, body),
);
