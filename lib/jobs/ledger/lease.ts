import { sql } from 'drizzle-orm';
import { getPool, type Transaction } from '#lib/db/client.ts';
import { jobAttempts } from '#lib/db/schema/job-attempts.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import { defaultRetry } from '#lib/jobs/job-spec.ts';
import { logger } from '#lib/observability/logger.ts';
import { recordDeadRuns } from '#lib/observability/metrics.ts';

/** A run whose holder is not heard of for this long is taken over. */
export const leaseSeconds = 60;
/** Two heartbeats may be lost. */
export const heartbeatSeconds = 20;

export interface Lease {
  readonly id: string;
  readonly fence: number;
}

/** The holder of a lease has been taken for dead, and another one has its run. */
export class LeaseLostError extends Error {
  constructor({ id }: Lease) {
    super(`run ${id} is no longer ours`);
    this.name = 'LeaseLostError';
  }
}

/** Throws LeaseLostError unless the lease still holds, and keeps everybody from taking the run over until the transaction ends. */
export async function assertLease(tx: Transaction, lease: Lease): Promise<void> {
  const rows = await tx.execute(sql`
    select 1 from ${jobRuns} where id = ${lease.id} and fence = ${lease.fence} and state = 'running' for share`);
  if (rows.length === 0) throw new LeaseLostError(lease);
}

/** Prolongs a lease and shows its progress; tells whether it still holds and whether somebody wants the run cancelled. */
export async function renewLease(
  lease: Lease,
  progress: { done: number; total: number | null } | undefined,
): Promise<'held' | 'cancel' | 'lost'> {
  const [row] = await getPool().execute<{ isCancelled: boolean }>(sql`
    update ${jobRuns} set lease_until = now() + make_interval(secs => ${leaseSeconds}),
      progress_done = coalesce(${progress?.done ?? null}::int, progress_done),
      progress_total = coalesce(${progress?.total ?? null}::int, progress_total)
    where id = ${lease.id} and fence = ${lease.fence} and state = 'running'
    returning cancel_requested_at is not null as "isCancelled"`);
  if (!row) return 'lost';
  return row.isCancelled ? 'cancel' : 'held';
}

// Its first attempt may just have been in a bad place, and goes on at once. What has died twice may be in one batch with the run that kills
// it each time: spread over as long as the default retry waits.
const secondsApart = sql`case when attempts > 1 then
  random() * least(${defaultRetry.maxSeconds}::int, ${defaultRetry.baseSeconds}::int * power(2, attempts - 1)) else 0 end`;

/**
 * Ends the leases whose holders have died: their runs are tried again, or timed out when that was the last attempt. A holder that comes
 * back can write nothing. Says aloud which were given up, and returns their number.
 */
export async function expireLeases(): Promise<number> {
  const rows = await getPool().execute<{ id: string; jobId: string; state: string }>(sql`
    with lapsed as (
      select id, fence from ${jobRuns} where state = 'running' and lease_until < now() for update skip locked
    ), expired as (
      update ${jobRuns} as run set fence = run.fence + 1, lease_until = null, available_at = now() + make_interval(secs => ${secondsApart}),
        state = case when cancel_requested_at is not null then 'cancelled' when attempts < max_attempts then 'retrying' else 'timed_out' end,
        finished_at = case when cancel_requested_at is not null or attempts >= max_attempts then now() end,
        error_class = 'LeaseExpired', error_message = 'the instance that ran it was not heard of any more'
      from lapsed where run.id = lapsed.id
      returning run.*, lapsed.fence as lapsed_fence
    ), attempt as (
      insert into ${jobAttempts} (run_id, fence, started_at, finished_at, outcome, error_class, release)
      select id, lapsed_fence, attempt_started_at, now(), 'timed_out', 'LeaseExpired', attempt_release from expired
      -- What the release before this one claimed has its row already.
      where attempt_started_at is not null
      -- The same, of a run whose attempt before was claimed by this one: it must not keep all others from ending.
      on conflict (run_id, fence) do update set finished_at = excluded.finished_at, outcome = excluded.outcome, error_class = excluded.error_class
    )
    select id, job_id as "jobId", state from expired`);
  const givenUp = rows.filter(({ state }) => state === 'timed_out');
  for (const { id, jobId } of givenUp)
    logger.error('job timed out in its last attempt', { job: jobId, runId: id });
  if (givenUp.length > 0) recordDeadRuns(givenUp.length);
  return givenUp.length;
}
