import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { confirmTotp } from '#lib/totp/confirm-totp.ts';
import { ConfirmTotpInput, RecoveryCodes } from '#lib/totp/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'confirmTotp',
    method: 'POST',
    path: '/api/v1/auth/totp/confirm',
    summary: 'Switch the second factor on with a first code',
    description: 'From now on log-ins and step-ups need a code. The recovery codes are not shown again.',
    access: { stepUp: true },
    rateLimit: 'login',
    statements: 6,
    body: ConfirmTotpInput,
    response: { status: 200, schema: RecoveryCodes },
    errors: ['totp_not_enrolled', 'totp_already_enrolled', 'invalid_mfa_code'],
  },
  ({ ctx, body }) => confirmTotp(ctx, body),
);
