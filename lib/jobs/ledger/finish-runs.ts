import { sql } from 'drizzle-orm';
import { getPool } from '#lib/db/client.ts';
import { type attemptOutcomes, jobAttempts } from '#lib/db/schema/job-attempts.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import type { RunState } from '#lib/jobs/run-states.ts';
import type { Lease } from './lease.ts';

/** How an attempt ended, and what becomes of its run. */
export interface Finish {
  readonly lease: Lease;
  readonly state: Exclude<RunState, 'running' | 'skipped' | 'missed'>;
  readonly outcome: (typeof attemptOutcomes)[number];
  /** Of a run that is tried again or goes on. */
  readonly delaySeconds?: number;
  readonly result?: Record<string, unknown>;
  readonly checkpoint?: unknown;
  readonly errorClass?: string;
  readonly errorMessage?: string;
  readonly progress?: { readonly done: number; readonly total: number | null };
}

/** Writes the ends of attempts, all in one statement; returns the ids of those whose lease still held. The others are not written. */
export async function finishRuns(finishes: readonly Finish[]): Promise<Set<string>> {
  const rows = await getPool().execute<{ id: string }>(sql`
    with finished as (
      update ${jobRuns} as run set lease_until = null,
        -- Whoever wants it to end is not answered by another attempt.
        state = case when ${isCancelled} then 'cancelled' else finish.state end,
        finished_at = case when ${isCancelled} or finish.state not in ('retrying', 'scheduled') then now() end,
        available_at = now() + make_interval(secs => coalesce(finish.delay, 0)),
        -- An invocation that goes on elsewhere has not failed.
        attempts = case when finish.outcome = 'continued' then 0 else attempts end,
        result = coalesce(finish.result, run.result),
        checkpoint = case when finish.outcome = 'continued' then finish.checkpoint else run.checkpoint end,
        error_class = finish."errorClass", error_message = finish."errorMessage",
        progress_done = coalesce(finish.done, progress_done), progress_total = coalesce(finish.total, progress_total)
      from jsonb_to_recordset(${JSON.stringify(finishes.map(toRow))}::jsonb) as finish (
        id uuid, fence bigint, state text, outcome text, delay double precision, result jsonb, checkpoint jsonb,
        "errorClass" text, "errorMessage" text, done int, total int)
      where run.id = finish.id and run.fence = finish.fence and run.state = 'running'
      returning run.id, run.fence, run.attempt_started_at, run.attempt_release, run.error_class, run.error_message, finish.outcome
    )
    insert into ${jobAttempts} (run_id, fence, started_at, finished_at, outcome, error_class, error_message, release)
    select id, fence, attempt_started_at, now(), outcome, error_class, error_message, attempt_release from finished
    returning run_id as id`);
  return new Set([...rows].map(({ id }) => id));
}

const isCancelled = sql`run.cancel_requested_at is not null and finish.state in ('retrying', 'scheduled')`;

function toRow({ lease: { id, fence }, delaySeconds, progress, ...finish }: Finish) {
  return { id, fence, ...finish, delay: delaySeconds, ...progress };
}
