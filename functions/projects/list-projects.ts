import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { listProjects } from '#lib/projects/list-projects.ts';
import { ListProjectsQuery, ProjectPage } from '#lib/projects/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'listProjects',
    method: 'GET',
    path: '/api/v1/projects',
    summary: 'List the projects of the organization, newest first',
    access: { permission: 'projects:read' },
    rateLimit: 'read',
    statements: 1,
    query: ListProjectsQuery,
    response: { status: 200, schema: ProjectPage },
    errors: ['invalid_cursor'],
  },
  ({ ctx, query }) => listProjects(ctx, query),
);
