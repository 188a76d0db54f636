import { recordHealth } from '#lib/health/record-health.ts';
import { defineJob } from '#lib/jobs/define-job.ts';

export const handler = defineJob(
  {
    id: 'recordHealth',
    summary: 'Look at everything, store what has changed, and that somebody has looked',
    schedule: 'rate(1 minute)',
    timeoutSeconds: 20,
  },
  ({ ctx }) => recordHealth(ctx),
);
