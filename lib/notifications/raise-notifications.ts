import { sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { deleteInBatches } from '#lib/db/delete-in-batches.ts';
import { notifications } from '#lib/db/schema/notifications.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { takeUntoldTransitions } from '#lib/health/take-untold-transitions.ts';
import { takeUntoldEnds } from '#lib/jobs/ledger/take-untold-ends.ts';
import { breakerNames } from '#lib/outbound/upstreams.ts';
import { forgetOpenings, readOpenings } from '#lib/resilience/breaker-openings.ts';
import { notify } from './notify.ts';
import { ofEnd, ofOpening, ofTransition } from './occurrences.ts';

const keptDays = 90;

/**
 * Tells of what has happened since the last time, all of it or nothing: ADR 0027. A breaker may be told of twice when the instance dies in
 * between. Removes what was told 90 days ago.
 */
export async function raiseNotifications(
  ctx: Context<SystemActor>,
): Promise<{ occurrences: number; raised: number; removed: number }> {
  const openings = await readOpenings(breakerNames());
  const told = await withTransaction(ctx, async (db) => {
    const occurrences = [
      ...(await takeUntoldEnds(db)).flatMap(ofEnd),
      ...(await takeUntoldTransitions(db)).map(ofTransition),
      ...openings.map((opening) => ofOpening(opening, ctx.now)),
    ];
    return { occurrences: occurrences.length, raised: await notify({ ...ctx, db }, occurrences) };
  });
  await forgetOpenings(openings);
  const isOld = sql`created_at < ${ctx.now.toISOString()}::timestamptz - make_interval(days => ${keptDays}::int)`;
  return { ...told, removed: await deleteInBatches(ctx, notifications, isOld) };
}
