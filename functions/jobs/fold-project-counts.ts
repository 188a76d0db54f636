import { defineJob } from '#lib/jobs/define-job.ts';
import { foldProjectCounts } from '#lib/projects/fold-project-counts.ts';

export const handler = defineJob(
  {
    id: 'foldProjectCounts',
    summary: 'Fold the changes of the project statistics into sums',
    schedule: 'rate(5 minutes)',
    timeoutSeconds: 60,
  },
  ({ ctx }) => foldProjectCounts(ctx),
);
