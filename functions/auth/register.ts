import { register } from '#lib/accounts/register.ts';
import { RegisterInput } from '#lib/accounts/schemas.ts';
import { definePublicEndpoint } from '#lib/http/define-public-endpoint.ts';

export const handler = definePublicEndpoint(
  {
    id: 'register',
    method: 'POST',
    path: '/api/v1/auth/register',
    summary: 'Register an account',
    description:
      'The answer is the same whether or not the address has an account: a mail to it says how to go on. Who was invited can log in at once.',
    rateLimit: 'login',
    accountLimit: { field: 'email', policy: 'mail' },
    statements: 6,
    body: RegisterInput,
    response: { status: 202 },
    errors: ['registration_closed', 'invitation_invalid'],
  },
  ({ ctx, body }) => register(ctx, body),
);
