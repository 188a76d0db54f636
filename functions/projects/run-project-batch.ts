import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { answerOnce } from '#lib/http/idempotency.ts';
import { ProjectBatchInput, ProjectBatchResult } from '#lib/projects/batch-schemas.ts';
import { runProjectBatch } from '#lib/projects/run-project-batch.ts';

export const handler = defineEndpoint(
  {
    id: 'runProjectBatch',
    method: 'POST',
    path: '/api/v1/projects/batch',
    summary: 'Create, change and delete up to 100 projects, atomically or one by one',
    access: { permission: 'projects:update' },
    rateLimit: 'write',
    timeoutSeconds: 29,
    statements: 5,
    body: ProjectBatchInput,
    idempotent: answerOnce,
    response: { status: 200, schema: ProjectBatchResult },
    errors: ['not_found', 'gone', 'slug_taken', 'precondition_failed'],
  },
  ({ ctx, body }) => runProjectBatch(ctx, body),
);
