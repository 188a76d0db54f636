import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { SessionTokens, StepUpInput } from '#lib/sessions/schemas.ts';
import { sessionCookies } from '#lib/sessions/session-cookies.ts';
import { stepUpSession } from '#lib/sessions/step-up-session.ts';

export const handler = defineEndpoint(
  {
    id: 'stepUpSession',
    method: 'POST',
    path: '/api/v1/auth/step-up',
    summary: 'Prove once more who you are',
    description:
      'For operations that answer `step_up_required`: the new tokens open them for ten minutes. With a second factor it takes a code.',
    access: 'session',
    rateLimit: 'login',
    statements: 7,
    body: StepUpInput,
    response: { status: 200, schema: SessionTokens, cookies: sessionCookies },
    errors: ['invalid_credentials', 'mfa_required', 'invalid_mfa_code'],
  },
  ({ ctx, body }) => stepUpSession(ctx, body),
);
