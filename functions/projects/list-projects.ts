import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { nextLink } from '#lib/http/next-link.ts';
import { listProjects } from '#lib/projects/list-projects.ts';
import { ListProjectsQuery, ProjectPage } from '#lib/projects/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'listProjects',
    method: 'GET',
    path: '/api/v1/projects',
    summary: 'List the projects of the organization',
    description:
      'Newest first unless `sort` says otherwise. Filters combine with AND. Follow `nextCursor` (or the `Link` header) until it is absent.',
    access: { permission: 'projects:read' },
    rateLimit: 'read',
    statements: 1,
    query: ListProjectsQuery,
    response: { status: 200, schema: ProjectPage, headers: { Link: nextLink } },
    errors: ['invalid_cursor'],
  },
  ({ ctx, query }) => listProjects(ctx, query),
);
