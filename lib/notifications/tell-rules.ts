import { and, eq, gt, sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { notificationRules } from '#lib/db/schema/notification-rules.ts';
import type { Occurrence } from './events.ts';
import { tellRule } from './tell-rule.ts';

// Some 1,500 statements at most: about a second, of the four that a run has after it was told to stop.
const tellingsAtOnce = 500;

/** Before every rule. */
export const firstRuleId = '00000000-0000-0000-0000-000000000000';

export interface ToldRules {
  /** How many notifications are new. */
  readonly raised: number;
  /** Undefined when there was none. */
  readonly lastRuleId: string | undefined;
  readonly isMore: boolean;
}

/** Has the rules that follow `afterRuleId` hear of what they want to, as many as one transaction can bear. */
export async function tellRules(
  ctx: Context<SystemActor> & { readonly db: Transaction },
  occurrences: readonly Occurrence[],
  afterRuleId: string,
): Promise<ToldRules> {
  const events = JSON.stringify(occurrences.map(({ event }) => event));
  const limit = Math.ceil(tellingsAtOnce / occurrences.length);
  const rules = await ctx.db
    .select()
    .from(notificationRules)
    .where(
      and(
        eq(notificationRules.isEnabled, true),
        gt(notificationRules.id, afterRuleId),
        sql`${notificationRules.events} && array(select jsonb_array_elements_text(${events}::jsonb))`,
      ),
    )
    .orderBy(notificationRules.id)
    .limit(limit)
    // What happens at the same moment is told once.
    .for('update');
  let raised = 0;
  for (const rule of rules)
    for (const occurrence of occurrences)
      if (concerns(rule, occurrence) && (await tellRule(ctx, rule, occurrence)) === 'new') raised++;
  return { raised, lastRuleId: rules.at(-1)?.id, isMore: rules.length === limit };
}

function concerns(
  { events, scope, createdAt }: typeof notificationRules.$inferSelect,
  { event, at, isPublic }: Occurrence,
): boolean {
  const mayHear = scope === 'platform' || isPublic === true;
  return mayHear && events.includes(event) && Date.parse(at) >= Date.parse(createdAt);
}
