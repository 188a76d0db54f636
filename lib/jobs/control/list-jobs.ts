import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import { jobs } from '#lib/db/schema/jobs.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { jobSummaries, knownJobs } from '#lib/jobs/known-jobs.ts';
import type { RunState } from '#lib/jobs/run-states.ts';
import { nextTimes, parseSchedule } from '#lib/jobs/schedule.ts';
import type { JobList, ScheduledJob } from './schemas.ts';

// Most of a day of a job that runs every minute; a dozen jobs are read in some 10 ms.
const countedRuns = 1_000;

interface LedgerRow extends Record<string, unknown> {
  id: string;
  pausedAt: string | null;
  pausedBy: string | null;
  pauseReason: string | null;
  lastSuccessAt: string | null;
  runId: string | null;
  runState: RunState | null;
  successRate: number | null;
  p99DurationMs: number | null;
}

/** Every job, with what the ledger knows of it; one statement, which reads at most 1,000 runs of each for the numbers. */
export async function listJobs(ctx: Context): Promise<JobList> {
  const ids = JSON.stringify(knownJobs.map(({ id }) => id));
  const rows = await getDatabase(ctx).execute<LedgerRow>(sql`
    select known.id, ${rfc3339(sql`${jobs.pausedAt}`)} as "pausedAt", ${jobs.pausedBy} as "pausedBy", ${jobs.pauseReason} as "pauseReason",
      ${rfc3339(sql`success.finished_at`)} as "lastSuccessAt", last_run.id as "runId", last_run.state as "runState",
      numbers.success_rate as "successRate", numbers.p99_ms as "p99DurationMs"
    from jsonb_array_elements_text(${ids}::jsonb) as known (id)
    left join ${jobs} on ${jobs.id} = known.id
    left join lateral (
      select finished_at from ${jobRuns} where job_id = known.id and state = 'succeeded' order by created_at desc, id desc limit 1
    ) as success on true
    left join lateral (
      select id, state from ${jobRuns} where job_id = known.id order by created_at desc, id desc limit 1
    ) as last_run on true
    left join lateral (
      select avg((state = 'succeeded')::int) filter (where state in ('succeeded', 'failed', 'dead', 'timed_out', 'missed'))::float as success_rate,
        round(1000 * percentile_disc(0.99) within group (order by extract(epoch from finished_at - started_at))
          filter (where state = 'succeeded'))::int as p99_ms
      from (
        select state, started_at, finished_at from ${jobRuns}
        where job_id = known.id order by created_at desc, id desc limit ${countedRuns}
      ) as recent
    ) as numbers on true`);
  const byId = new Map([...rows].map((row) => [row.id, row]));
  return {
    items: knownJobs.map((job): ScheduledJob => {
      const row = byId.get(job.id) as LedgerRow;
      const { pausedAt, pausedBy, pauseReason, runId, runState, lastSuccessAt, successRate, p99DurationMs } =
        row;
      const zone = { timezone: job.timezone, dst: job.dst };
      return {
        ...job,
        summary: jobSummaries[job.id] ?? '',
        schedule: job.schedule ?? null,
        paused: pausedAt === null ? null : { at: pausedAt, by: pausedBy, reason: pauseReason },
        lastSuccessAt,
        lastRun: runId === null || runState === null ? null : { id: runId, state: runState },
        nextTimes: job.schedule
          ? nextTimes(parseSchedule(job.schedule), { after: ctx.now, count: 5, ...zone }).map((time) =>
              time.toISOString(),
            )
          : [],
        successRate,
        p99DurationMs,
      };
    }),
  };
}

function rfc3339(instant: ReturnType<typeof sql>) {
  return sql`to_char(${instant}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
