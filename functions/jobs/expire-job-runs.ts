import { defineJob } from '#lib/jobs/define-job.ts';
import { expireJobRuns } from '#lib/jobs/expire-job-runs.ts';

export const handler = defineJob(
  {
    id: 'expireJobRuns',
    summary: 'Remove runs from the ledger: after 8 days, after 90 what went wrong or had a key',
    schedule: 'rate(1 hour)',
    timeoutSeconds: 60,
  },
  ({ ctx }) => expireJobRuns(ctx),
);
