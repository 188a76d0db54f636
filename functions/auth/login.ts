import { authCookie } from '#lib/auth/auth-cookie.ts';
import { login } from '#lib/auth/login.ts';
import { AccessToken, LoginInput } from '#lib/auth/schemas.ts';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';

export const handler = defineEndpoint(
  {
    id: 'login',
    method: 'POST',
    path: '/api/v1/auth/login',
    summary: 'Log in with email and password',
    access: 'public',
    rateLimit: 'login',
    statements: 1,
    body: LoginInput,
    response: { status: 200, schema: AccessToken, cookies: (token) => [authCookie(token)] },
    errors: ['invalid_credentials'],
  },
  ({ ctx, body }) => login(ctx, body),
);
