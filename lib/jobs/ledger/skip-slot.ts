import { sql } from 'drizzle-orm';
import { getPool } from '#lib/db/client.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import { jobs } from '#lib/db/schema/jobs.ts';

/** Ends a slot that has not begun, with the reason; `ifPaused`: only when its job is paused. True when it did. */
export async function skipSlot(
  jobId: string,
  slot: Date,
  reason: string,
  ifPaused = false,
): Promise<boolean> {
  const rows = await getPool().execute(sql`
    update ${jobRuns} set state = 'skipped', reason = ${reason}, finished_at = now()
    where job_id = ${jobId} and slot = ${slot.toISOString()}::timestamptz and state = 'scheduled'
      -- What goes on from a checkpoint has begun.
      and started_at is null
      and (not ${ifPaused}::boolean or exists (select from ${jobs} where ${jobs.id} = ${jobId} and ${jobs.pausedAt} is not null))
    returning 1`);
  return rows.length > 0;
}
