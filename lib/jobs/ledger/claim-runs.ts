import { type SQL, sql } from 'drizzle-orm';
import { getConfig } from '#lib/config/get-config.ts';
import { getPool } from '#lib/db/client.ts';
import { getPostgresError } from '#lib/db/get-postgres-error.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import { jobs } from '#lib/db/schema/jobs.ts';
import { leaseSeconds } from './lease.ts';

/** A run that this instance holds until its lease ends. */
export interface ClaimedRun {
  readonly id: string;
  readonly jobId: string;
  readonly fence: number;
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly trigger: (typeof jobRuns.$inferSelect)['trigger'];
  /** RFC 3339. */
  readonly slot: string | null;
  readonly claimedAt: string;
  readonly payload: unknown;
  readonly checkpoint: unknown;
  readonly traceparent: string | null;
}

/** Takes the run of a slot; undefined when it is taken, done, not due or the job is paused; `overlap` when another run of it holds the job. */
export function claimSlot(jobId: string, slot: Date): Promise<ClaimedRun | 'overlap' | undefined> {
  return claimOne(sql`job_id = ${jobId} and slot = ${slot.toISOString()}::timestamptz`);
}

/** The same for one run by its id. */
export function claimRun(id: string): Promise<ClaimedRun | 'overlap' | undefined> {
  return claimOne(sql`id = ${id}`);
}

async function claimOne(condition: SQL): Promise<ClaimedRun | 'overlap' | undefined> {
  const mayBegin = sql`${condition} and ${isDue} and ${isNotPaused}`;
  try {
    const [run] = await claim(
      sql`id = (select id from ${jobRuns} as run where ${mayBegin} and not ${isHeldByOther} for update skip locked)`,
    );
    if (run) return run;
    const held = await getPool().execute(
      sql`select 1 from ${jobRuns} as run where ${mayBegin} and ${isHeldByOther}`,
    );
    return held.length > 0 ? 'overlap' : undefined;
  } catch (error) {
    // The index that allows one running run of an exclusive job: another one has begun since this statement did.
    if (getPostgresError(error)?.constraint_name === 'job_runs_one_running') return 'overlap';
    throw error;
  }
}

/** Takes up to `count` due runs of jobs that run in parallel, oldest first; no other instance gets the same. */
export function claimParallelRuns(jobIds: readonly string[], count: number): Promise<ClaimedRun[]> {
  // By their places, which saves an index: a row that somebody has moved meanwhile is found by the next batch.
  return claim(sql`ctid = any (array(
    select ctid from ${jobRuns}
    where ${isDue} and not is_exclusive and ${isOneOf(jobIds)}
    order by available_at limit ${count} for update skip locked))`);
}

/** The due runs of exclusive jobs, of each the one that has begun, else the oldest: to be claimed one by one. */
export async function findDueExclusiveRuns(
  jobIds: readonly string[],
): Promise<{ id: string; jobId: string }[]> {
  const rows = await getPool().execute<{ id: string; jobId: string }>(sql`
    select distinct on (job_id) id, job_id as "jobId" from ${jobRuns}
    where ${isDue} and is_exclusive and ${isOneOf(jobIds)}
    order by job_id, ${isBegun('job_runs')} desc, available_at`);
  return [...rows];
}

const isDue = sql`state in ('scheduled', 'retrying') and available_at <= now()`;
const isNotPaused = sql`not exists (select from ${jobs} where ${jobs.id} = job_id and ${jobs.pausedAt} is not null)`;

/** A run between two of its parts. One that is tried again from its beginning is not under way, and keeps no slot from running. */
function isBegun(run: string): SQL {
  const column = (name: string) => sql.raw(`${run}.${name}`);
  return sql`(${column('started_at')} is not null and (${column('state')} = 'scheduled' or ${column('checkpoint')} is not null))`;
}

// The running one, too: when the index is asked, it may have ended its part already. Of two that have begun, neither waits for the other.
// Ordered, so that the planner reads the runs of the job by their index, and not all that is due: 100,000 mails may wait.
const isHeldByOther = sql`(run.is_exclusive and (
  exists (select from ${jobRuns} as other where other.job_id = run.job_id and other.id <> run.id and other.is_exclusive and other.state = 'running')
  or (not ${isBegun('run')} and exists (
    select from (
      select id, is_exclusive, state, started_at, checkpoint from ${jobRuns} where job_runs.job_id = run.job_id
      order by created_at desc, id desc offset 0) as other
    where other.id <> run.id and other.is_exclusive and other.state in ('scheduled', 'retrying') and ${isBegun('other')}))))`;

// An array and no join: the planner would take it for so selective that it reads and sorts all that is due, for each batch.
function isOneOf(jobIds: readonly string[]): SQL {
  return sql`job_id = any (array(
    select job_id from jsonb_array_elements_text(${JSON.stringify(jobIds)}::jsonb) as wanted (job_id) where ${isNotPaused}))`;
}

async function claim(isClaimed: SQL): Promise<ClaimedRun[]> {
  const rows = await getPool().execute<ClaimedRun & Record<string, unknown>>(sql`
    update ${jobRuns} set state = 'running', fence = fence + 1, attempts = attempts + 1, started_at = coalesce(started_at, now()),
      attempt_started_at = now(), attempt_release = ${getConfig().RELEASE},
      lease_until = now() + make_interval(secs => ${leaseSeconds}), cancel_requested_at = null
    where ${isClaimed}
    returning id, job_id as "jobId", fence::int as fence, attempts, max_attempts as "maxAttempts", trigger, payload, checkpoint,
      traceparent, to_char(slot, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as slot, to_char(now(), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "claimedAt"`);
  return [...rows];
}
