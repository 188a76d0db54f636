import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { versionTag } from '#lib/http/if-match.ts';
import { replaceProject } from '#lib/projects/replace-project.ts';
import { Project, ProjectParams, ReplaceProjectInput } from '#lib/projects/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'replaceProject',
    method: 'PUT',
    path: '/api/v1/projects/{id}',
    summary: 'Replace a project',
    access: { permission: 'projects:update' },
    rateLimit: 'write',
    statements: 3,
    params: ProjectParams,
    body: ReplaceProjectInput,
    ifMatch: 'required',
    response: { status: 200, schema: Project, headers: { ETag: versionTag } },
    errors: ['not_found', 'gone', 'slug_taken'],
  },
  ({ ctx, params, body, ifMatch }) => replaceProject(ctx, params.id, body, ifMatch),
);
