import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { answerOnce } from '#lib/http/idempotency.ts';
import { pageLimitBytes } from '#lib/pagination/to-page.ts';
import { importProjects } from '#lib/projects/import-projects.ts';
import { ImportProjectInput, ProjectImportResult } from '#lib/projects/import-schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'importProjects',
    method: 'POST',
    path: '/api/v1/projects/import',
    summary: 'Create a project for each line of NDJSON, with a result for each',
    description:
      'At most 1,000 lines and 2 MB. A line is a new project or a line of an export: name, slug, description, status, tags, metadata and owner are used, what the service sets is ignored. A wrong line holds no other back.',
    access: { permission: 'projects:create' },
    rateLimit: 'write',
    timeoutSeconds: 29,
    statements: 3,
    body: ImportProjectInput,
    bodyFormat: 'ndjson',
    bodyLimitBytes: pageLimitBytes,
    idempotent: answerOnce,
    response: { status: 200, schema: ProjectImportResult },
  },
  ({ ctx, body }) => importProjects(ctx, body),
);
