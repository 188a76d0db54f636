import { and, desc, sql } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { isDeadLetter } from '#lib/jobs/ledger/dead-letters.ts';
import { openCursor } from '#lib/pagination/cursor.ts';
import type { PageQuery } from '#lib/pagination/page-query.ts';
import { toPage } from '#lib/pagination/to-page.ts';
import type { JobRunPage } from './schemas.ts';
import { toJobRun } from './to-job-run.ts';

/** One page of the runs that were given up, the last one first. */
export async function listDeadLetters(ctx: Context, { cursor, limit }: PageQuery): Promise<JobRunPage> {
  const scope = ['dead-letters'];
  const after = cursor === undefined ? undefined : openCursor(scope, cursor);
  const { id, finishedAt } = jobRuns;
  const rows = await getDatabase(ctx)
    .select()
    .from(jobRuns)
    .where(
      and(isDeadLetter, after && sql`(${finishedAt}, ${id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`),
    )
    .orderBy(desc(finishedAt), desc(id))
    .limit(limit + 1);
  return toPage(rows.map(toJobRun), limit, scope, (run) => [run.finishedAt ?? '', run.id]);
}
