import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { answerOnce } from '#lib/http/idempotency.ts';
import { retryJobRun } from '#lib/jobs/control/retry-job-run.ts';
import { JobRun, JobRunParams } from '#lib/jobs/control/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'retryJobRun',
    method: 'POST',
    path: '/api/v1/jobs/runs/{id}/retry',
    summary: 'Start a run again that failed, was skipped or was missed',
    description: 'With all its attempts, from its last checkpoint, within about a minute.',
    access: { permission: 'jobs:manage' },
    rateLimit: 'write',
    statements: 3,
    params: JobRunParams,
    idempotent: answerOnce,
    response: { status: 200, schema: JobRun },
    errors: ['not_found', 'wrong_state'],
  },
  ({ ctx, params }) => retryJobRun(ctx, params.id),
);
