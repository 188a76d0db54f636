import { listErrorGroups } from '#lib/error-groups/list-error-groups.ts';
import { ErrorGroupPage, ListErrorGroupsQuery } from '#lib/error-groups/schemas.ts';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { nextLink } from '#lib/http/next-link.ts';

export const handler = defineEndpoint(
  {
    id: 'listErrorGroups',
    method: 'GET',
    path: '/api/v1/monitoring/errors',
    summary: 'List what fails inside the service, last seen first',
    access: { permission: 'ops:read' },
    rateLimit: 'read',
    statements: 1,
    query: ListErrorGroupsQuery,
    response: { status: 200, schema: ErrorGroupPage, headers: { Link: nextLink } },
    errors: ['invalid_cursor'],
  },
  ({ ctx, query }) => listErrorGroups(ctx, query),
);
