import { and, eq, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { notifications } from '#lib/db/schema/notifications.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { enqueue } from '#lib/jobs/ledger/enqueue.ts';
import { deliverNotificationJob, lostMinutes } from './deliver-notification-job.ts';
import type { Notification } from './schemas.ts';
import { notificationColumns, ownNotifications } from './visible-notification.ts';

/** Sends a notification anew within about a minute, under the id it had. Throws `not_found`, or `wrong_state` while it is to be sent. */
export function redeliverNotification(ctx: Context, id: string): Promise<Notification> {
  const now = sql`${ctx.now.toISOString()}::timestamptz`;
  const isOver = sql`(${notifications.state} <> 'pending' or ${notifications.nextAttemptAt} < ${now} - make_interval(mins => ${lostMinutes}::int))`;
  return withTransaction(ctx, async (tx) => {
    const own = and(ownNotifications(ctx), eq(notifications.id, id));
    const [before] = await tx.select(notificationColumns).from(notifications).where(own).for('update');
    if (!before) throw new AppError('not_found', `There is no notification ${id}`);
    const [notification] = await tx
      .update(notifications)
      .set({ state: 'pending', attempts: 0, nextAttemptAt: ctx.now.toISOString() })
      .where(and(own, isOver))
      .returning(notificationColumns);
    if (!notification) throw new AppError('wrong_state', 'The notification is still to be sent');
    const payload = { organizationId: ctx.actor.organizationId, notificationId: id, attempt: 0 };
    await enqueue({ ...ctx, db: tx }, deliverNotificationJob, payload);
    const action = 'notification.redeliver';
    await recordAuditEvent(tx, ctx, {
      action,
      entityId: id,
      before: { state: before.state },
      after: { state: 'pending' },
    });
    return notification;
  });
}
