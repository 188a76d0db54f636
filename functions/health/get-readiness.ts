import { checkReadiness } from '#lib/health/check-readiness.ts';
import { HealthReport } from '#lib/health/schemas.ts';
import { definePublicEndpoint } from '#lib/http/define-public-endpoint.ts';

export const handler = definePublicEndpoint(
  {
    id: 'getReadiness',
    method: 'GET',
    path: '/api/v1/health/ready',
    summary: 'Can the service do its work: the critical checks, and Redis',
    rateLimit: 'instance',
    statements: 2,
    response: {
      status: 200,
      schema: HealthReport,
      contentType: 'application/health+json',
      alternative: { status: 503, when: (report) => report.status === 'fail', retryAfterSeconds: 5 },
    },
  },
  ({ ctx }) => checkReadiness(ctx),
);
