import { checkLiveness } from '#lib/health/check-liveness.ts';
import { HealthReport } from '#lib/health/schemas.ts';
import { defineStaticEndpoint } from '#lib/http/define-static-endpoint.ts';

export const handler = defineStaticEndpoint(
  {
    id: 'getHealth',
    method: 'GET',
    path: '/health',
    summary: 'Is the service up (no dependency is asked)',
    response: { status: 200, schema: HealthReport, contentType: 'application/health+json' },
  },
  () => checkLiveness(),
);
