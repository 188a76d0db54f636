import { sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { notificationRules } from '#lib/db/schema/notification-rules.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { noRule, ownRules } from './own-rules.ts';
import type { NewNotificationRule } from './schemas.ts';
import { visibleColumns } from './visible-columns.ts';
import { createWebhookSecret } from './webhook-secret.ts';

/** A day to bring the new secret to the receivers. */
const overlapMs = 24 * 3_600_000;

/** Gives a webhook a new secret; the one before signs as well for a day, any older one ends. Throws `not_found` or `wrong_state`. */
export function rotateNotificationSecret(ctx: Context, id: string): Promise<NewNotificationRule> {
  const { secret, sealedSecret } = createWebhookSecret();
  const previousExpiresAt = new Date(ctx.now.getTime() + overlapMs).toISOString();
  return withTransaction(ctx, async (tx) => {
    const own = ownRules(ctx, id);
    const [before] = await tx.select(visibleColumns).from(notificationRules).where(own).for('update');
    if (!before) throw noRule(id);
    if (before.channel !== 'webhook') throw new AppError('wrong_state', 'Only webhooks have a secret');
    const [rule] = await tx
      .update(notificationRules)
      .set({
        sealedSecret,
        sealedPreviousSecret: sql`${notificationRules.sealedSecret}`,
        previousExpiresAt,
        updatedAt: sql`now()`,
      })
      .where(own)
      .returning(visibleColumns);
    if (!rule) throw noRule(id);
    const action = 'notification_rule.rotate_secret';
    await recordAuditEvent(tx, ctx, { action, entityId: id, after: { previousExpiresAt } });
    return { ...rule, secret };
  });
}
