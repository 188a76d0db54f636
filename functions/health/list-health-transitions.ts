import { listHealthTransitions } from '#lib/health/list-health-transitions.ts';
import { HealthHistoryPage } from '#lib/health/schemas.ts';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { nextLink } from '#lib/http/next-link.ts';
import { PageQuery } from '#lib/pagination/page-query.ts';

export const handler = defineEndpoint(
  {
    id: 'listHealthTransitions',
    method: 'GET',
    path: '/api/v1/health/history',
    summary: 'List what changed in the health of the last 30 days, newest first',
    access: { permission: 'ops:read' },
    rateLimit: 'read',
    statements: 1,
    query: PageQuery,
    response: { status: 200, schema: HealthHistoryPage, headers: { Link: nextLink } },
    errors: ['invalid_cursor'],
  },
  ({ ctx, query }) => listHealthTransitions(ctx, query),
);
