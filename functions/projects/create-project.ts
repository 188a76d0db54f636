import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { answerOnce } from '#lib/http/idempotency.ts';
import { versionTag } from '#lib/http/if-match.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { CreateProjectInput, Project, projectPath } from '#lib/projects/schemas.ts';

/** The reference endpoint: copy this file to begin another one (docs/CONTRIBUTING.md). */
export const handler = defineEndpoint(
  {
    id: 'createProject',
    method: 'POST',
    path: '/api/v1/projects',
    summary: 'Create a project',
    access: { permission: 'projects:create' },
    rateLimit: 'write',
    statements: 2,
    body: CreateProjectInput,
    idempotent: answerOnce,
    response: { status: 201, schema: Project, headers: { Location: projectPath, ETag: versionTag } },
    errors: ['slug_taken'],
  },
  ({ ctx, body }) => createProject(ctx, body),
);
