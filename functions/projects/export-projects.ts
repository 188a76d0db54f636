import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { ndjsonMediaType } from '#lib/http/ndjson.ts';
import { nextLink } from '#lib/http/next-link.ts';
import { exportProjects } from '#lib/projects/export-projects.ts';
import { ExportProjectsQuery, ProjectPage } from '#lib/projects/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'exportProjects',
    method: 'GET',
    path: '/api/v1/projects/export',
    summary: 'Export the projects of the organization as NDJSON, a project a line',
    description:
      'Oldest first. A page has at most 1,000 lines and 2 MB; follow `Link` (`rel="next"`) until it is absent and concatenate the bodies. Each page can be imported as it is.',
    access: { permission: 'projects:read' },
    rateLimit: 'read',
    statements: 1,
    query: ExportProjectsQuery,
    response: { status: 200, schema: ProjectPage, contentType: ndjsonMediaType, headers: { Link: nextLink } },
    errors: ['invalid_cursor'],
  },
  ({ ctx, query }) => exportProjects(ctx, query),
);
