import { drillRestore } from '#lib/backup/drill-restore.ts';
import { defineJob } from '#lib/jobs/define-job.ts';

export const handler = defineJob(
  {
    id: 'drillRestore',
    summary: 'Restore the newest backup into a scratch database, to know that it can be done',
    schedule: 'cron(17 4 ? * SUN *)',
    timeoutSeconds: 900,
  },
  ({ ctx }) => drillRestore(ctx),
);
