import { eq, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { findDispatchedJob } from '#lib/jobs/known-job.ts';
import { endStates, statesBefore } from '#lib/jobs/run-states.ts';
import { lockJobRun } from './get-job-run.ts';
import type { JobRun } from './schemas.ts';
import { toJobRun } from './to-job-run.ts';

/** What an operator may start again: a running run is tried again by itself. */
const retriable = statesBefore('retrying').filter((state) => endStates.includes(state));

/**
 * Starts a run again within about a minute that failed, was skipped or was missed, with all attempts its job has now, from its last
 * checkpoint. Throws `not_found` or `wrong_state`.
 */
export async function retryJobRun(ctx: Context, id: string): Promise<JobRun> {
  return withTransaction(ctx, async (tx) => {
    const { state, jobId } = await lockJobRun(tx, id);
    if (!retriable.includes(state)) throw new AppError('wrong_state', `The run is ${state}`);
    const { maxAttempts } = findDispatchedJob(jobId);
    const [run] = await tx
      .update(jobRuns)
      .set({ ...anew, maxAttempts })
      .where(eq(jobRuns.id, id))
      .returning();
    if (!run) throw new Error('a locked run has gone');
    await recordAuditEvent(tx, ctx, {
      action: 'job_run.retry',
      entityId: id,
      before: { state },
      after: { state: run.state, jobId },
    });
    return toJobRun(run);
  });
}

/** What a run has that begins once more. */
export const anew = {
  state: 'retrying',
  attempts: 0,
  availableAt: sql<string>`now()`,
  startedAt: null,
  finishedAt: null,
  reason: null,
  cancelRequestedAt: null,
  toldAt: null,
} as const;
