import { sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { deleteInBatches } from '#lib/db/delete-in-batches.ts';
import { notifications } from '#lib/db/schema/notifications.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { takeUntoldTransitions, transitionsAtOnce } from '#lib/health/take-untold-transitions.ts';
import { takeUntoldEnds, untoldAtOnce } from '#lib/jobs/ledger/take-untold-ends.ts';
import { hasUnfinishedRun } from '#lib/jobs/observe-waiting.ts';
import { breakerNames } from '#lib/outbound/upstreams.ts';
import { forgetOpenings, readOpenings } from '#lib/resilience/breaker-openings.ts';
import type { Occurrence } from './events.ts';
import { notify } from './notify.ts';
import { ofEnd, ofOpening, ofTransition } from './occurrences.ts';
import { tellRemainingRulesJob } from './tell-remaining-rules-job.ts';

const keptDays = 90;

/**
 * Tells of what has happened since the last time: ADR 0027. What is taken and what it raises are one transaction, a thousand ends of runs
 * at a time. Nothing is taken while rules have still to hear of what was taken before. A breaker may be told of twice when the instance
 * dies in between. Removes what was told 90 days ago.
 */
export async function raiseNotifications(
  ctx: Context<SystemActor>,
): Promise<{ occurrences: number; raised: number; removed: number }> {
  const openings = await readOpenings(breakerNames());
  let told = await raise(
    ctx,
    openings.map((opening) => ofOpening(opening, ctx.now)),
  );
  if (told.isTaken) await forgetOpenings(openings);
  const total = { occurrences: told.occurrences, raised: told.raised };
  // Of a storm the rest, too: what else has happened would wait behind it.
  while (told.isMore && !ctx.signal.aborted) {
    told = await raise(ctx, []);
    total.occurrences += told.occurrences;
    total.raised += told.raised;
  }
  const isOld = sql`created_at < ${ctx.now.toISOString()}::timestamptz - make_interval(days => ${keptDays}::int)`;
  return { ...total, removed: await deleteInBatches(ctx, notifications, isOld) };
}

function raise(ctx: Context<SystemActor>, openings: readonly Occurrence[]) {
  return withTransaction(ctx, async (db) => {
    // What has states is told in their order.
    if (await hasUnfinishedRun(db, tellRemainingRulesJob.id))
      return { isTaken: false, occurrences: 0, raised: 0, isMore: false };
    const ends = await takeUntoldEnds(db);
    const transitions = await takeUntoldTransitions(db);
    const occurrences = [...ends.flatMap(ofEnd), ...transitions.map(ofTransition), ...openings];
    return {
      isTaken: true,
      occurrences: occurrences.length,
      raised: await notify({ ...ctx, db }, occurrences),
      isMore: ends.length === untoldAtOnce || transitions.length === transitionsAtOnce,
    };
  });
}
