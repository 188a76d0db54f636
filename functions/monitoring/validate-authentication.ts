import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { tryRequest } from '#lib/http/try-request.ts';
import { validateAuthentication } from '#lib/monitoring/validate-authentication.ts';
import { AuthenticationReport } from '#lib/monitoring/validation-schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'validateAuthentication',
    method: 'GET',
    path: '/api/v1/monitoring/validate/authentication',
    summary: 'Try forged credentials on the code that guards every request',
    description:
      'Forged, expired, foreign and replayed credentials have to be refused, and good ones accepted. Nothing is kept: what it writes is rolled back. `fail` when one forgery passes.',
    access: { permission: 'ops:read' },
    rateLimit: 'login',
    statements: 29,
    response: { status: 200, schema: AuthenticationReport },
  },
  ({ ctx }) => validateAuthentication(ctx, (request) => tryRequest(request, ctx.now)),
);
