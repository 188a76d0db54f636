import { login } from '#lib/auth/login.ts';
import { LoginInput } from '#lib/auth/schemas.ts';
import { definePublicEndpoint } from '#lib/http/define-public-endpoint.ts';
import { SessionTokens } from '#lib/sessions/schemas.ts';
import { sessionCookies } from '#lib/sessions/session-cookies.ts';

export const handler = definePublicEndpoint(
  {
    id: 'login',
    method: 'POST',
    path: '/api/v1/auth/login',
    summary: 'Log in with email and password, and a code where there is a second factor',
    rateLimit: 'login',
    accountLimit: { field: 'email', policy: 'account' },
    statements: 6,
    body: LoginInput,
    response: { status: 200, schema: SessionTokens, cookies: sessionCookies },
    errors: [
      'invalid_credentials',
      'email_unverified',
      'no_organization',
      'mfa_required',
      'invalid_mfa_code',
    ],
  },
  ({ ctx, body, client }) => login(ctx, body, client),
);
