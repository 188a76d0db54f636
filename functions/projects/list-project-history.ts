import { AuditPage } from '#lib/audit/schemas.ts';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { nextLink } from '#lib/http/next-link.ts';
import { PageQuery } from '#lib/pagination/page-query.ts';
import { listProjectHistory } from '#lib/projects/list-project-history.ts';
import { ProjectParams } from '#lib/projects/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'listProjectHistory',
    method: 'GET',
    path: '/api/v1/projects/{id}/history',
    summary: 'List what happened to a project, newest first',
    description: 'A deleted project has a history until it is purged.',
    access: { permission: 'projects:read' },
    rateLimit: 'read',
    statements: 2,
    params: ProjectParams,
    query: PageQuery,
    response: { status: 200, schema: AuditPage, headers: { Link: nextLink } },
    errors: ['not_found', 'invalid_cursor'],
  },
  ({ ctx, params, query }) => listProjectHistory(ctx, params.id, query),
);
