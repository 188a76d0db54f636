import { sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { notificationRules } from '#lib/db/schema/notification-rules.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { assertRule } from './assert-rule.ts';
import { toAudited } from './audited-rule.ts';
import { noRule, ownRules } from './own-rules.ts';
import type { NotificationRule, UpdateNotificationRuleInput } from './schemas.ts';
import { visibleColumns } from './visible-columns.ts';

/** Changes the given fields; what was raised before keeps the time it is told at. Throws `not_found` or `validation_failed`. */
export function updateNotificationRule(
  ctx: Context,
  id: string,
  patch: UpdateNotificationRuleInput,
): Promise<NotificationRule> {
  return withTransaction(ctx, async (tx) => {
    const own = ownRules(ctx, id);
    const [before] = await tx.select(visibleColumns).from(notificationRules).where(own).for('update');
    if (!before) throw noRule(id);
    const { events = before.events, target = before.target } = patch;
    await assertRule({ ...ctx, db: tx }, { ...before, events, target });
    const [after] = await tx
      .update(notificationRules)
      .set({ ...patch, updatedAt: sql`now()` })
      .where(own)
      .returning(visibleColumns);
    if (!after) throw noRule(id);
    const action = 'notification_rule.update';
    await recordAuditEvent(tx, ctx, {
      action,
      entityId: id,
      before: toAudited(before),
      after: toAudited(after),
    });
    return after;
  });
}
