import { eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { notificationRules } from '#lib/db/schema/notification-rules.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { assertRule } from './assert-rule.ts';
import { toAudited } from './audited-rule.ts';
import type { CreateNotificationRuleInput, NewNotificationRule } from './schemas.ts';
import { assertScope } from './scopes.ts';
import { visibleColumns } from './visible-columns.ts';
import { createWebhookSecret } from './webhook-secret.ts';

/** Each of them is a request or a mail whenever something happens. */
const maxRules = 20;

/** Creates a rule; throws `forbidden` for a scope that is not the actor's, `validation_failed`, or `wrong_state` above 20 rules. */
export function createNotificationRule(
  ctx: Context,
  input: CreateNotificationRuleInput,
): Promise<NewNotificationRule> {
  const { organizationId } = ctx.actor;
  assertScope(ctx.actor, input.scope);
  const id = uuidv7();
  const created = input.channel === 'webhook' ? createWebhookSecret() : undefined;
  return withTransaction(ctx, async (tx) => {
    await assertRule({ ...ctx, db: tx }, input);
    // Or two at once would both be the 20th.
    await tx.execute(
      sql`select pg_advisory_xact_lock(hashtextextended(${`notification rules ${organizationId}`}, 0))`,
    );
    const rules = await tx.$count(notificationRules, eq(notificationRules.organizationId, organizationId));
    if (rules >= maxRules) throw new AppError('wrong_state', `An organization has at most ${maxRules} rules`);
    const [rule] = await tx
      .insert(notificationRules)
      .values({ ...input, id, organizationId, sealedSecret: created?.sealedSecret ?? null })
      .returning(visibleColumns);
    if (!rule) throw new Error('the rule was not stored');
    const action = 'notification_rule.create';
    await recordAuditEvent(tx, ctx, { action, entityId: id, after: toAudited(input) });
    return { ...rule, secret: created?.secret ?? null };
  });
}
