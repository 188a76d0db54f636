import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { nextLink } from '#lib/http/next-link.ts';
import { DeprecatedCallsPage, ListDeprecatedCallsQuery } from '#lib/monitoring/deprecation-schemas.ts';
import { listDeprecatedCalls } from '#lib/monitoring/list-deprecated-calls.ts';
import { loadOperationFacts } from '#lib/monitoring/operation-facts.ts';

export const handler = defineEndpoint(
  {
    id: 'listDeprecatedCalls',
    method: 'GET',
    path: '/api/v1/monitoring/deprecations',
    summary: 'List who still calls deprecated operations, last seen first',
    description:
      'A caller that has not called for 90 days is removed: an operation that is not in the list can be.',
    access: { permission: 'ops:read' },
    rateLimit: 'read',
    statements: 1,
    query: ListDeprecatedCallsQuery,
    response: { status: 200, schema: DeprecatedCallsPage, headers: { Link: nextLink } },
    errors: ['invalid_cursor'],
  },
  ({ ctx, query }) => listDeprecatedCalls(ctx, query, loadOperationFacts(import.meta.dirname)),
);
