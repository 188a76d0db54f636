import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { answerOnce } from '#lib/http/idempotency.ts';
import { cancelJobRun } from '#lib/jobs/control/cancel-job-run.ts';
import { JobRun, JobRunParams } from '#lib/jobs/control/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'cancelJobRun',
    method: 'POST',
    path: '/api/v1/jobs/runs/{id}/cancel',
    summary: 'Cancel a run',
    description:
      'One that waits is cancelled at once. One that is under way is told to stop within 20 seconds, and may have ended in another way by then.',
    access: { permission: 'jobs:manage' },
    rateLimit: 'write',
    statements: 3,
    params: JobRunParams,
    idempotent: answerOnce,
    response: { status: 200, schema: JobRun },
    errors: ['not_found', 'wrong_state'],
  },
  ({ ctx, params }) => cancelJobRun(ctx, params.id),
);
