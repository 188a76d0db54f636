import { sql } from 'drizzle-orm';
import type { Transaction } from '#lib/db/client.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import type { RunState } from '#lib/jobs/run-states.ts';

/** A run that was given up or missed, and of which nobody has been told. */
export interface UntoldEnd {
  readonly id: string;
  readonly jobId: string;
  readonly state: Extract<RunState, 'failed' | 'dead' | 'timed_out' | 'missed'>;
  readonly errorClass: string | null;
  /** RFC 3339. */
  readonly at: string;
}

/** The rest waits for the next call. */
export const untoldAtOnce = 1_000;

/** Takes them, oldest first: once the transaction commits, nobody else gets the same, until such a run is started again and ends like that. */
export async function takeUntoldEnds(tx: Transaction): Promise<UntoldEnd[]> {
  const rows = await tx.execute<UntoldEnd & Record<string, unknown>>(sql`
    update ${jobRuns} set told_at = now()
    where id = any (array(
      -- The condition of an index, word by word.
      select id from ${jobRuns} where state in ('failed', 'dead', 'timed_out', 'missed') and told_at is null
      order by finished_at limit ${untoldAtOnce} for update skip locked))
    returning id, job_id as "jobId", state, error_class as "errorClass", to_char(finished_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at`);
  return [...rows].sort((a, b) => (a.at < b.at ? -1 : 1));
}
