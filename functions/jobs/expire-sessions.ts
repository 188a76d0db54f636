import { defineJob } from '#lib/jobs/define-job.ts';
import { expireSessions } from '#lib/sessions/expire-sessions.ts';

export const handler = defineJob(
  {
    id: 'expireSessions',
    summary: 'Remove sessions that ended more than a day ago',
    schedule: 'rate(1 hour)',
    timeoutSeconds: 60,
  },
  ({ ctx }) => expireSessions(ctx),
);
