import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { versionTag } from '#lib/http/if-match.ts';
import { getProject } from '#lib/projects/get-project.ts';
import { Project, ProjectParams } from '#lib/projects/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'getProject',
    method: 'GET',
    path: '/api/v1/projects/{id}',
    summary: 'Read a project',
    access: { permission: 'projects:read' },
    rateLimit: 'read',
    statements: 1,
    params: ProjectParams,
    response: { status: 200, schema: Project, headers: { ETag: versionTag } },
    errors: ['not_found', 'gone'],
  },
  ({ ctx, params }) => getProject(ctx, params.id),
);
