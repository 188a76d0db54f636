import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { notificationRules } from '#lib/db/schema/notification-rules.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { toAudited } from './audited-rule.ts';
import { noRule, ownRules } from './own-rules.ts';
import { visibleColumns } from './visible-columns.ts';

/** Removes a rule with its log; what is still to be told is not told. Throws `not_found`. */
export async function deleteNotificationRule(ctx: Context, id: string): Promise<void> {
  await withTransaction(ctx, async (tx) => {
    const [before] = await tx.delete(notificationRules).where(ownRules(ctx, id)).returning(visibleColumns);
    if (!before) throw noRule(id);
    const action = 'notification_rule.delete';
    await recordAuditEvent(tx, ctx, { action, entityId: id, before: toAudited(before) });
  });
}
