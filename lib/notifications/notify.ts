import { and, eq, sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { notificationRules } from '#lib/db/schema/notification-rules.ts';
import type { Occurrence } from './events.ts';
import { tellRule } from './tell-rule.ts';

/** Who hears only now of something older has other means to find out what went on. */
const oldestMs = 24 * 3_600_000;

/**
 * Has every rule hear of what it wants to, once the transaction commits: each subject once in the window of the rule, see `tellRule`.
 * Returns how many notifications are new.
 */
export async function notify(
  ctx: Context<SystemActor> & { readonly db: Transaction },
  occurrences: readonly Occurrence[],
): Promise<number> {
  const recent = inGroups(occurrences.filter(({ at }) => Date.parse(at) > ctx.now.getTime() - oldestMs));
  if (recent.length === 0) return 0;
  const events = JSON.stringify(recent.map(({ event }) => event));
  const rules = await ctx.db
    .select()
    .from(notificationRules)
    .where(
      and(
        eq(notificationRules.isEnabled, true),
        sql`${notificationRules.events} && array(select jsonb_array_elements_text(${events}::jsonb))`,
      ),
    )
    .orderBy(notificationRules.id)
    // What happens at the same moment is told once.
    .for('update');
  let told = 0;
  for (const rule of rules)
    for (const occurrence of recent)
      if (concerns(rule, occurrence) && (await tellRule(ctx, rule, occurrence)) === 'new') told++;
  return told;
}

function concerns(
  { events, scope, createdAt }: typeof notificationRules.$inferSelect,
  { event, at, isPublic }: Occurrence,
): boolean {
  const mayHear = scope === 'platform' || isPublic === true;
  return mayHear && events.includes(event) && Date.parse(at) >= Date.parse(createdAt);
}

/** A storm is told in a few statements; of what has states, each counts. */
function inGroups(occurrences: readonly Occurrence[]): Occurrence[] {
  const groups = new Map<string, Occurrence>();
  for (const [index, occurrence] of occurrences.entries()) {
    const { event, subject, state, count = 1 } = occurrence;
    const key = JSON.stringify([event, subject, state === undefined ? '' : index]);
    groups.set(key, { ...occurrence, count: count + (groups.get(key)?.count ?? 0) });
  }
  return [...groups.values()];
}
