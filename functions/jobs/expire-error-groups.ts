import { expireErrorGroups } from '#lib/error-groups/expire-error-groups.ts';
import { defineJob } from '#lib/jobs/define-job.ts';

export const handler = defineJob(
  {
    id: 'expireErrorGroups',
    summary: 'Remove what has not failed for 90 days',
    schedule: 'rate(1 day)',
    timeoutSeconds: 60,
  },
  ({ ctx }) => expireErrorGroups(ctx),
);
