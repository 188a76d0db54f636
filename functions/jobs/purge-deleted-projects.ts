import { defineJob } from '#lib/jobs/define-job.ts';
import { purgeDeletedProjects } from '#lib/projects/purge-deleted-projects.ts';

export const handler = defineJob(
  {
    id: 'purgeDeletedProjects',
    summary: 'Remove projects that were deleted more than 30 days ago',
    schedule: 'rate(5 minutes)',
    timeoutSeconds: 60,
  },
  ({ ctx }) => purgeDeletedProjects(ctx),
);
