import * as z from 'zod';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { getMetrics } from '#lib/monitoring/get-metrics.ts';
import { mediaTypeOf, openMetricsMediaType, prometheusMediaType } from '#lib/monitoring/render-exposition.ts';

export const handler = defineEndpoint(
  {
    id: 'getMetrics',
    method: 'GET',
    path: '/metrics',
    summary: 'Counters and histograms of all instances, for Prometheus',
    description:
      'Prometheus text, or OpenMetrics when `Accept` prefers it. The numbers are those of the fleet, whichever instance answers, and counters never go down. Scrape with an API key that has the scope `metrics:read`.',
    access: { permission: 'metrics:read' },
    rateLimit: 'read',
    statements: 2,
    response: {
      status: 200,
      schema: z.string().meta({ example: '# TYPE plinth_requests counter\n' }),
      contentType: prometheusMediaType,
      otherContentTypes: [openMetricsMediaType],
      headers: { 'Content-Type': mediaTypeOf },
    },
  },
  ({ ctx, accept }) => getMetrics(ctx, accept),
);
