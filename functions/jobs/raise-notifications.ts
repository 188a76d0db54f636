import { defineJob } from '#lib/jobs/define-job.ts';
import { raiseNotifications } from '#lib/notifications/raise-notifications.ts';

export const handler = defineJob(
  {
    id: 'raiseNotifications',
    summary:
      'Tell of jobs that were given up or missed, of circuit breakers that opened, and of changes of health',
    schedule: 'rate(1 minute)',
    timeoutSeconds: 50,
  },
  ({ ctx }) => raiseNotifications(ctx),
);
