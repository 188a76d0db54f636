import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { enrolTotp } from '#lib/totp/enrol-totp.ts';
import { TotpEnrolment } from '#lib/totp/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'enrolTotp',
    method: 'POST',
    path: '/api/v1/auth/totp',
    summary: 'Get a secret for an authenticator app',
    description:
      'Nothing changes until it is confirmed with a code; asking again replaces a secret that was not.',
    access: { stepUp: true },
    rateLimit: 'write',
    statements: 3,
    response: { status: 201, schema: TotpEnrolment },
    errors: ['totp_already_enrolled'],
  },
  ({ ctx }) => enrolTotp(ctx),
);
