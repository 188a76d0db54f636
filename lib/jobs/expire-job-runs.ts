import { sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { deleteInBatches } from '#lib/db/delete-in-batches.ts';
import { jobAttempts } from '#lib/db/schema/job-attempts.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';

/** Long enough to compare with last week; a job of every minute makes 10,000 runs a week. */
const keptDays = 8;
/** What went wrong, and what a key must keep from running again. */
const keptLongerDays = 90;

/** Removes the runs, with their attempts, that nobody will look at any more, until none is left or time runs out. */
export async function expireJobRuns(ctx: Context<SystemActor>): Promise<{ removed: number }> {
  const now = sql`${ctx.now.toISOString()}::timestamptz`;
  const isOld = sql`finished_at < ${now} - make_interval(days => case
    when state in ('succeeded', 'skipped') and key is null then ${keptDays}::int else ${keptLongerDays}::int end)`;
  // Said twice, because only a bound without a case can use the index.
  const mayBeOld = sql`finished_at < ${now} - make_interval(days => ${keptDays}::int)`;
  const attempts = sql`attempt as (delete from ${jobAttempts} where run_id in (select id from removed))`;
  return { removed: await deleteInBatches(ctx, jobRuns, sql`${mayBeOld} and ${isOld}`, attempts) };
}
