import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { answerOnce } from '#lib/http/idempotency.ts';
import { resumeJob } from '#lib/jobs/control/resume-job.ts';
import { JobParams } from '#lib/jobs/control/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'resumeJob',
    method: 'POST',
    path: '/api/v1/jobs/{jobId}/resume',
    summary: 'Let a paused job run again',
    description: 'From its next slot on; what waits begins within about a minute.',
    access: { permission: 'jobs:manage' },
    rateLimit: 'write',
    statements: 2,
    params: JobParams,
    idempotent: answerOnce,
    response: { status: 204 },
    errors: ['not_found', 'wrong_state'],
  },
  ({ ctx, params }) => resumeJob(ctx, params.jobId),
);
