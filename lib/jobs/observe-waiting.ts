import { sql } from 'drizzle-orm';
import { getPool } from '#lib/db/client.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';

// As the index of what is due says it.
const isWaiting = sql`state in ('scheduled', 'retrying')`;

/** How many runs of a job wait for another attempt and have used up so many. */
export function countFailingRuns(jobId: string, attempts: number): Promise<number> {
  return getPool().$count(jobRuns, sql`${isWaiting} and job_id = ${jobId} and attempts >= ${attempts}`);
}

/** For how many seconds the run of a job that has waited longest for its turn has been due; 0 when none is due. */
export async function getWaitSeconds(jobId: string): Promise<number> {
  const [row] = await getPool().execute<{ seconds: number }>(sql`
    select coalesce(greatest(extract(epoch from now() - min(available_at)), 0), 0)::float as seconds
    from ${jobRuns} where ${isWaiting} and job_id = ${jobId}`);
  return row?.seconds ?? 0;
}
