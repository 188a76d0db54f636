import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { deleteProject } from '#lib/projects/delete-project.ts';
import { ProjectParams } from '#lib/projects/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'deleteProject',
    method: 'DELETE',
    path: '/api/v1/projects/{id}',
    summary: 'Delete a project',
    access: { permission: 'projects:delete' },
    rateLimit: 'write',
    statements: 3,
    params: ProjectParams,
    ifMatch: 'optional',
    response: { status: 204 },
    errors: ['not_found', 'gone'],
  },
  ({ ctx, params, ifMatch }) => deleteProject(ctx, params.id, ifMatch),
);
