import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { versionTag } from '#lib/http/if-match.ts';
import { Project, ProjectParams, UpdateProjectInput } from '#lib/projects/schemas.ts';
import { updateProject } from '#lib/projects/update-project.ts';

export const handler = defineEndpoint(
  {
    id: 'updateProject',
    method: 'PATCH',
    path: '/api/v1/projects/{id}',
    summary: 'Change some fields of a project (JSON merge patch)',
    access: { permission: 'projects:update' },
    rateLimit: 'write',
    statements: 3,
    params: ProjectParams,
    body: UpdateProjectInput,
    ifMatch: 'optional',
    response: { status: 200, schema: Project, headers: { ETag: versionTag } },
    errors: ['not_found', 'gone', 'slug_taken'],
  },
  ({ ctx, params, body, ifMatch }) => updateProject(ctx, params.id, body, ifMatch),
);
