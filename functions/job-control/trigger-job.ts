import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { answerOnce } from '#lib/http/idempotency.ts';
import { JobParams, JobRun, TriggerJobInput } from '#lib/jobs/control/schemas.ts';
import { triggerJob } from '#lib/jobs/control/trigger-job.ts';

export const handler = defineEndpoint(
  {
    id: 'triggerJob',
    method: 'POST',
    path: '/api/v1/jobs/{jobId}/trigger',
    summary: 'Have a job run now',
    description:
      'It begins within about a minute, or once the job is no longer paused. The payload is checked then: one that does not fit makes the run `failed`. The dispatcher and the sweep run at their slots only: `wrong_state`.',
    access: { permission: 'jobs:manage' },
    rateLimit: 'write',
    statements: 2,
    params: JobParams,
    body: TriggerJobInput,
    idempotent: answerOnce,
    response: { status: 201, schema: JobRun },
    errors: ['not_found', 'wrong_state'],
  },
  ({ ctx, params, body }) => triggerJob(ctx, params.jobId, body),
);
