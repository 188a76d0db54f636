import { and, eq, notInArray, sql } from 'drizzle-orm';
import { type Database, getPool } from '#lib/db/client.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import { endStates } from './run-states.ts';

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

/** Whether a job has a run that has not ended: under way, or to be carried out. */
export async function hasUnfinishedRun(database: Database, jobId: string): Promise<boolean> {
  const [run] = await database
    .select({ id: jobRuns.id })
    .from(jobRuns)
    .where(and(eq(jobRuns.jobId, jobId), notInArray(jobRuns.state, endStates)))
    .limit(1);
  return run !== undefined;
}
