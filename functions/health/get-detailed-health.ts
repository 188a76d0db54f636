import { getDetailedHealth } from '#lib/health/get-detailed-health.ts';
import { DetailedHealthReport } from '#lib/health/schemas.ts';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';

export const handler = defineEndpoint(
  {
    id: 'getDetailedHealth',
    method: 'GET',
    path: '/api/v1/health/detailed',
    summary: 'Every check, with what it affects',
    access: { permission: 'ops:read' },
    rateLimit: 'read',
    statements: 9,
    response: {
      status: 200,
      schema: DetailedHealthReport,
      contentType: 'application/health+json',
      alternative: { status: 503, when: (report) => report.status === 'fail', retryAfterSeconds: 5 },
    },
  },
  ({ ctx }) => getDetailedHealth(ctx),
);
