import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { getPool } from '#lib/db/client.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import { jobs } from '#lib/db/schema/jobs.ts';
import { defaultRetry, type JobSpec } from '#lib/jobs/job-spec.ts';

/** An event that comes this late is not carried out; the sweep has recorded its slot long before. */
const oldestHours = 24;
/** What clocks may differ by. */
const futureMinutes = 5;

/**
 * Enters the slot of a delivered event into the ledger, unless it is there. False for a slot that no schedule can mean now: more than
 * five minutes ahead of the database's clock, or more than a day behind.
 */
export async function recordSlot(spec: JobSpec, slot: Date): Promise<boolean> {
  const at = sql`${slot.toISOString()}::timestamptz`;
  const [row] = await getPool().execute<{ isPlausible: boolean }>(sql`
    with plausible as (
      select 1 where ${at} between now() - make_interval(hours => ${oldestHours}) and now() + make_interval(mins => ${futureMinutes})
    ), job as (
      insert into ${jobs} (id) values (${spec.id}) on conflict (id) do nothing
    ), run as (
      insert into ${jobRuns} (id, job_id, trigger, slot, available_at, max_attempts, is_exclusive)
      select ${uuidv7()}, ${spec.id}, 'schedule', ${at}, now(), ${(spec.retry ?? defaultRetry).maxAttempts}, ${spec.overlap !== 'parallel'}
      from plausible
      on conflict (job_id, slot) where slot is not null do nothing
    )
    select exists (select from plausible) as "isPlausible"`);
  return row?.isPlausible === true;
}
