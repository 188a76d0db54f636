import { checkLiveness } from '#lib/health/check-liveness.ts';
import { HealthReport } from '#lib/health/schemas.ts';
import { defineStaticEndpoint } from '#lib/http/define-static-endpoint.ts';

export const handler = defineStaticEndpoint(
  {
    id: 'getLiveness',
    method: 'GET',
    path: '/api/v1/health/live',
    summary: 'Is this instance alive (no dependency is asked)',
    response: { status: 200, schema: HealthReport, contentType: 'application/health+json' },
  },
  () => checkLiveness(),
);
