import { expireIdempotencyRecords } from '#lib/idempotency/expire-idempotency-records.ts';
import { defineJob } from '#lib/jobs/define-job.ts';

export const handler = defineJob(
  {
    id: 'expireIdempotencyRecords',
    summary: 'Remove the answers that can no longer be replayed',
    schedule: 'rate(1 hour)',
    timeoutSeconds: 60,
  },
  ({ ctx }) => expireIdempotencyRecords(ctx),
);
