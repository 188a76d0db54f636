import { defineJob } from '#lib/jobs/define-job.ts';
import { dispatchRuns } from '#lib/jobs/dispatch-runs.ts';
import { jobs } from './registry.ts';

export const handler = defineJob(
  {
    id: 'dispatchRuns',
    summary: 'Carry out what was enqueued, retries, runs that go on, and those of instances that died',
    schedule: 'rate(1 minute)',
    overlap: 'parallel',
    // It finds at every slot whatever is due; nobody would dispatch its own retries.
    catchUp: 'none',
    retry: { maxAttempts: 1, baseSeconds: 0, maxSeconds: 0 },
    timeoutSeconds: 900,
  },
  ({ ctx }) => dispatchRuns(ctx, jobs),
);
