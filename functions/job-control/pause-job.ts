import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { answerOnce } from '#lib/http/idempotency.ts';
import { pauseJob } from '#lib/jobs/control/pause-job.ts';
import { JobParams, PauseJobInput } from '#lib/jobs/control/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'pauseJob',
    method: 'POST',
    path: '/api/v1/jobs/{jobId}/pause',
    summary: 'Pause a job',
    description:
      'No run of it begins until it is resumed, whatever is deployed; what is under way goes on. Its slots are recorded as skipped, what is enqueued waits.',
    access: { permission: 'jobs:manage' },
    rateLimit: 'write',
    statements: 2,
    params: JobParams,
    body: PauseJobInput,
    idempotent: answerOnce,
    response: { status: 204 },
    errors: ['not_found', 'wrong_state'],
  },
  ({ ctx, params, body }) => pauseJob(ctx, params.jobId, body),
);
