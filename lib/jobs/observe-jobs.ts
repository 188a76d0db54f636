import { sql } from 'drizzle-orm';
import { getPool } from '#lib/db/client.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import { jobs } from '#lib/db/schema/jobs.ts';
import { knownJobs } from './known-jobs.ts';
import { isDeadLetter } from './ledger/dead-letters.ts';

// The sweep runs every minute and looks at what is two minutes old: five sweeps are missing.
const sweptMinutes = 7;
// A dead letter is kept for 90 days; whoever has left it alone for a day knows of it.
const freshHours = 24;

/**
 * The jobs that do not keep to their schedule: their newest slot was missed or given up, or was not looked for in the last five
 * minutes. Every slot is in the ledger once swept. Not those that are paused. One that was never started counts from when `recordHealth`
 * first ran in its release.
 */
export async function findStaleJobs(): Promise<string[]> {
  const scheduled = knownJobs.filter(({ schedule }) => schedule !== undefined).map(({ id }) => id);
  const rows = await getPool().execute<{ id: string }>(sql`
    select id from ${jobs}
    where paused_at is null and ${isOneOf(scheduled)} and (
      -- Nobody sweeps the slots of the sweep itself: the other jobs tell when it does not run.
      (id <> 'sweepMissedRuns' and swept_until < now() - make_interval(mins => ${sweptMinutes}))
      or (
        select state in ('missed', 'failed', 'dead', 'timed_out') from ${jobRuns}
        where job_id = ${jobs.id} and slot is not null order by slot desc limit 1
      )
    )
    order by id`);
  return [...rows].map(({ id }) => id);
}

/** How many runs of jobs there are were given up within the last day. */
export async function countDeadLetters(): Promise<number> {
  const known = knownJobs.map(({ id }) => id);
  const [row] = await getPool().execute<{ count: number }>(sql`
    select count(*)::int as count from (select job_id as id, finished_at from ${jobRuns} where ${isDeadLetter}) as letter
    where finished_at > now() - make_interval(hours => ${freshHours}) and ${isOneOf(known)}`);
  return row?.count ?? 0;
}

/** For each of these jobs, how many seconds ago its last run began that succeeded with something to name in `result`. */
export async function getLastSuccessAges(
  ids: readonly string[],
  result: string,
): Promise<Record<string, number>> {
  const rows = await getPool().execute<{ id: string; seconds: number }>(sql`
    select id, extract(epoch from now() - max(started_at))::float as seconds
    from (select job_id as id, started_at, state, result from ${jobRuns}) as run
    where ${isOneOf(ids)} and state = 'succeeded' and result ? ${result} group by id`);
  return Object.fromEntries(rows.map(({ id, seconds }) => [id, seconds]));
}

function isOneOf(ids: readonly string[]) {
  return sql`id in (select jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`;
}
