import { v7 as uuidv7 } from 'uuid';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { notifications } from '#lib/db/schema/notifications.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { enqueue } from '#lib/jobs/ledger/enqueue.ts';
import { deliverNotificationJob } from './deliver-notification-job.ts';
import { getNotificationRule } from './get-notification-rule.ts';
import type { Notification } from './schemas.ts';
import { notificationColumns } from './visible-notification.ts';

/** Sends a notification by a rule, quiet hours or not; throws `not_found`. */
export function testNotificationRule(ctx: Context, id: string): Promise<Notification> {
  const { organizationId } = ctx.actor;
  return withTransaction(ctx, async (db) => {
    const { scope, name } = await getNotificationRule({ ...ctx, db }, id);
    const at = ctx.now.toISOString();
    const [notification] = await db
      .insert(notifications)
      .values({
        id: uuidv7(),
        organizationId,
        ruleId: id,
        scope,
        event: 'test',
        subject: name,
        subjectState: '',
        severity: 'notice',
        summary: 'A test of this rule',
        details: {},
        count: 1,
        lastOccurredAt: at,
        nextAttemptAt: at,
      })
      .returning(notificationColumns);
    if (!notification) throw new Error('the notification was not stored');
    const payload = { organizationId, notificationId: notification.id, attempt: 0 };
    await enqueue({ ...ctx, db }, deliverNotificationJob, payload);
    await recordAuditEvent(db, ctx, { action: 'notification_rule.test', entityId: id });
    return notification;
  });
}
