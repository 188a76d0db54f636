import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { removeTotp } from '#lib/totp/remove-totp.ts';

export const handler = defineEndpoint(
  {
    id: 'removeTotp',
    method: 'DELETE',
    path: '/api/v1/auth/totp',
    summary: 'Remove the second factor and its recovery codes',
    access: { stepUp: true },
    rateLimit: 'write',
    statements: 3,
    response: { status: 204 },
  },
  ({ ctx }) => removeTotp(ctx),
);
