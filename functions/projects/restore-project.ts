import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { answerOnce } from '#lib/http/idempotency.ts';
import { versionTag } from '#lib/http/if-match.ts';
import { restoreProject } from '#lib/projects/restore-project.ts';
import { Project, ProjectParams } from '#lib/projects/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'restoreProject',
    method: 'POST',
    path: '/api/v1/projects/{id}/restore',
    summary: 'Restore a project deleted in the last 30 days',
    access: { permission: 'projects:delete' },
    rateLimit: 'write',
    statements: 3,
    params: ProjectParams,
    ifMatch: 'optional',
    idempotent: answerOnce,
    response: { status: 200, schema: Project, headers: { ETag: versionTag } },
    errors: ['not_found', 'gone', 'not_deleted', 'slug_taken'],
  },
  ({ ctx, params, ifMatch }) => restoreProject(ctx, params.id, ifMatch),
);
