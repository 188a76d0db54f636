import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { getTotpStatus } from '#lib/totp/get-totp-status.ts';
import { TotpStatus } from '#lib/totp/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'getTotpStatus',
    method: 'GET',
    path: '/api/v1/auth/totp',
    summary: 'Whether you have a second factor',
    access: 'session',
    rateLimit: 'read',
    statements: 1,
    response: { status: 200, schema: TotpStatus },
  },
  ({ ctx }) => getTotpStatus(ctx),
);
