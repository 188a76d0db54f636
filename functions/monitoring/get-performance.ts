import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { getPerformance } from '#lib/monitoring/get-performance.ts';
import { loadOperationFacts } from '#lib/monitoring/operation-facts.ts';
import { PerformanceQuery, PerformanceReport } from '#lib/monitoring/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'getPerformance',
    method: 'GET',
    path: '/api/v1/monitoring/metrics/performance',
    summary: 'Rates, errors and percentiles of every route and job, over all instances',
    description:
      'Percentiles are those of all requests of the fleet in the window, within 2.5 %. Measurements arrive with a delay of a minute or two: `asOf` says up to when.',
    access: { permission: 'metrics:read' },
    rateLimit: 'read',
    statements: 2,
    query: PerformanceQuery,
    response: { status: 200, schema: PerformanceReport },
  },
  ({ ctx, query }) => getPerformance(ctx, query, loadOperationFacts(import.meta.dirname)),
);
