import { defineJob } from '#lib/jobs/define-job.ts';
import { deliverNotification } from '#lib/notifications/deliver-notification.ts';
import { deliverNotificationJob } from '#lib/notifications/deliver-notification-job.ts';

export const handler = defineJob(
  {
    ...deliverNotificationJob,
    summary: 'One attempt to deliver a notification by webhook, mail or SNS',
    timeoutSeconds: 20,
  },
  ({ ctx, payload, checkpoint }) => deliverNotification(ctx, payload, checkpoint),
);
