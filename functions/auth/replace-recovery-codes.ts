import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { replaceRecoveryCodes } from '#lib/totp/replace-recovery-codes.ts';
import { RecoveryCodes } from '#lib/totp/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'replaceRecoveryCodes',
    method: 'POST',
    path: '/api/v1/auth/totp/recovery-codes',
    summary: 'Get new recovery codes; the old ones work no more',
    access: { stepUp: true },
    rateLimit: 'write',
    statements: 4,
    response: { status: 200, schema: RecoveryCodes },
    errors: ['totp_not_enrolled'],
  },
  ({ ctx }) => replaceRecoveryCodes(ctx),
);
