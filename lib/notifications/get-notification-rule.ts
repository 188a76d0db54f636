import type { Context } from '#lib/context.ts';
import { notificationRules } from '#lib/db/schema/notification-rules.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { noRule, ownRules } from './own-rules.ts';
import type { NotificationRule } from './schemas.ts';
import { visibleColumns } from './visible-columns.ts';

/** Throws `not_found`. */
export async function getNotificationRule(ctx: Context, id: string): Promise<NotificationRule> {
  const [rule] = await getDatabase(ctx)
    .select(visibleColumns)
    .from(notificationRules)
    .where(ownRules(ctx, id));
  if (!rule) throw noRule(id);
  return rule;
}
