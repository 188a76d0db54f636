import { and, desc, eq, sql } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { findJob } from '#lib/jobs/known-job.ts';
import { openCursor } from '#lib/pagination/cursor.ts';
import { toPage } from '#lib/pagination/to-page.ts';
import type { JobRunPage, ListJobRunsQuery } from './schemas.ts';
import { toJobRun } from './to-job-run.ts';

/** One page of the runs of a job, those that entered the ledger last first; throws `not_found` for a job that is none. */
export async function listJobRuns(
  ctx: Context,
  jobId: string,
  { state, cursor, limit }: ListJobRunsQuery,
): Promise<JobRunPage> {
  findJob(jobId);
  const scope = ['job-runs', jobId, state ?? ''];
  const after = cursor === undefined ? undefined : openCursor(scope, cursor);
  const { id, createdAt } = jobRuns;
  const rows = await getDatabase(ctx)
    .select()
    .from(jobRuns)
    .where(
      and(
        eq(jobRuns.jobId, jobId),
        state && eq(jobRuns.state, state),
        after && sql`(${createdAt}, ${id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(desc(createdAt), desc(id))
    .limit(limit + 1);
  return toPage(rows.map(toJobRun), limit, scope, (run) => [run.createdAt, run.id]);
}
