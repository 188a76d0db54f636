import { eq, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { transitions } from '#lib/jobs/run-states.ts';
import { lockJobRun } from './get-job-run.ts';
import type { JobRun } from './schemas.ts';
import { toJobRun } from './to-job-run.ts';

/**
 * Ends a run that waits. One that is under way is told to stop at its next heartbeat, within 20 seconds, and may have ended in another
 * way by then. Throws `not_found` or `wrong_state`.
 */
export async function cancelJobRun(ctx: Context, id: string): Promise<JobRun> {
  return withTransaction(ctx, async (tx) => {
    const { state, jobId } = await lockJobRun(tx, id);
    if (!transitions[state].includes('cancelled')) throw new AppError('wrong_state', `The run is ${state}`);
    const requested = { cancelRequestedAt: sql`coalesce(${jobRuns.cancelRequestedAt}, now())` };
    const ended = { state: 'cancelled', reason: 'cancelled by an operator', finishedAt: sql`now()` } as const;
    const [run] = await tx
      .update(jobRuns)
      .set(state === 'running' ? requested : ended)
      .where(eq(jobRuns.id, id))
      .returning();
    if (!run) throw new Error('a locked run has gone');
    await recordAuditEvent(tx, ctx, {
      action: 'job_run.cancel',
      entityId: id,
      before: { state },
      after: { state: run.state, jobId },
    });
    return toJobRun(run);
  });
}
