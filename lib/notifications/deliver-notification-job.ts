import * as z from 'zod';
import type { JobReference } from '#lib/jobs/job-spec.ts';

const DeliverNotificationPayload = z.object({
  organizationId: z.uuid(),
  notificationId: z.uuid(),
  /** Attempts before this one: of several runs for the same, the first takes it. */
  attempt: z.int(),
});
export type DeliverNotificationPayload = z.output<typeof DeliverNotificationPayload>;

/** What whoever has something to tell enqueues; an attempt each. */
export const deliverNotificationJob: JobReference<DeliverNotificationPayload> = {
  id: 'deliverNotification',
  payload: DeliverNotificationPayload,
  overlap: 'parallel',
};

/** Ten attempts, over three and a half hours on average: longer than most outages of a receiver. */
export const deliveryRetry = { maxAttempts: 10, baseSeconds: 60, maxSeconds: 10_800 };

/** What waits this long past its time has lost its run: an operator has cancelled it, or its instances died. */
export const lostMinutes = 60;
