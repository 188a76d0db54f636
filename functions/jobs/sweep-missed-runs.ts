import { defineJob, type Job } from '#lib/jobs/define-job.ts';
import { sweepMissedRuns } from '#lib/jobs/sweep-missed-runs.ts';
import { handler as dispatchRuns } from './dispatch-runs.ts';
import { jobs } from './registry.ts';

export const handler: Job<undefined> = defineJob(
  {
    id: 'sweepMissedRuns',
    summary:
      'Enter the slots into the ledger that no event was delivered for, and catch up by the policy of the job',
    schedule: 'rate(1 minute)',
    // What one sweep leaves, the next one does; the health check watches how old the last one is.
    catchUp: 'none',
    retry: { maxAttempts: 1, baseSeconds: 0, maxSeconds: 0 },
    timeoutSeconds: 60,
  },
  ({ ctx }) => sweepMissedRuns(ctx, [...jobs, dispatchRuns, handler]),
);
