import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { enqueue } from '#lib/jobs/ledger/enqueue.ts';
import type { Occurrence } from './events.ts';
import { tellRemainingRulesJob } from './tell-remaining-rules-job.ts';
import { firstRuleId, tellRules } from './tell-rules.ts';

/** Who hears only now of something older has other means to find out what went on. */
const oldestMs = 24 * 3_600_000;

/**
 * Has every rule hear of what it wants to, once the transaction commits: each subject once in the window of the rule, see `tellRule`. Those
 * that are too many for one transaction hear from a run that it enqueues. Returns how many notifications are new so far.
 */
export async function notify(
  ctx: Context<SystemActor> & { readonly db: Transaction },
  all: readonly Occurrence[],
): Promise<number> {
  const occurrences = inGroups(all.filter(({ at }) => Date.parse(at) > ctx.now.getTime() - oldestMs));
  if (occurrences.length === 0) return 0;
  const { raised, lastRuleId, isMore } = await tellRules(ctx, occurrences, firstRuleId);
  if (lastRuleId && isMore)
    await enqueue(ctx, tellRemainingRulesJob, { occurrences, afterRuleId: lastRuleId });
  return raised;
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
