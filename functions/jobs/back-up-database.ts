import { backUpDatabase } from '#lib/backup/back-up-database.ts';
import { defineJob } from '#lib/jobs/define-job.ts';

export const handler = defineJob(
  {
    id: 'backUpDatabase',
    summary: 'Back up the database, read the backup again, and remove what is past its retention',
    schedule: 'cron(17 2 * * ? *)',
    timeoutSeconds: 900,
  },
  ({ ctx, checkpoint }) => backUpDatabase(ctx, checkpoint),
);
