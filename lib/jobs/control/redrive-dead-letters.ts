import { and, inArray, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { findDispatchedJob } from '#lib/jobs/known-job.ts';
import { knownJobs } from '#lib/jobs/known-jobs.ts';
import { isDeadLetter } from '#lib/jobs/ledger/dead-letters.ts';
import { anew } from './retry-job-run.ts';
import type { RedriveInput, RedriveReport } from './schemas.ts';

/**
 * Starts the dead letters again that wait longest, of one job or of all whose runs the dispatcher carries out; several calls at once
 * take different ones. Throws `not_found` or `wrong_state`.
 */
export async function redriveDeadLetters(
  ctx: Context,
  { jobId, limit }: RedriveInput,
): Promise<RedriveReport> {
  const jobs = jobId === undefined ? knownJobs.filter((job) => job.isDispatched) : [findDispatchedJob(jobId)];
  return withTransaction(ctx, async (tx) => {
    const letters = await tx
      .select({ id: jobRuns.id, state: jobRuns.state })
      .from(jobRuns)
      .where(
        and(
          isDeadLetter,
          inArray(
            jobRuns.jobId,
            jobs.map(({ id }) => id),
          ),
        ),
      )
      .orderBy(jobRuns.finishedAt, jobRuns.id)
      .limit(limit)
      .for('update', { skipLocked: true });
    const stateBefore = new Map(letters.map(({ id, state }) => [id, state]));
    const attempts = JSON.stringify(Object.fromEntries(jobs.map(({ id, maxAttempts }) => [id, maxAttempts])));
    const items = await tx
      .update(jobRuns)
      .set({ ...anew, maxAttempts: sql`(${attempts}::jsonb ->> ${jobRuns.jobId})::int` })
      .where(inArray(jobRuns.id, [...stateBefore.keys()]))
      .returning({ id: jobRuns.id, jobId: jobRuns.jobId });
    const events = items.map((run) => ({
      action: 'job_run.redrive' as const,
      entityId: run.id,
      before: { state: stateBefore.get(run.id) },
      after: { state: anew.state, jobId: run.jobId },
    }));
    await recordAuditEvent(tx, ctx, ...events);
    return { items };
  });
}
