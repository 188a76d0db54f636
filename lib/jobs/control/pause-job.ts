import { isNull, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { jobs } from '#lib/db/schema/jobs.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { findJob } from '#lib/jobs/known-job.ts';
import type { PauseJobInput } from './schemas.ts';

/**
 * No run of the job begins any more, deployed anew or not; what is under way goes on. Throws `not_found`, or `wrong_state` when it is
 * paused already.
 */
export async function pauseJob(ctx: Context, jobId: string, { reason }: PauseJobInput): Promise<void> {
  findJob(jobId);
  await withTransaction(ctx, async (tx) => {
    const pause = { pausedAt: sql`now()`, pausedBy: ctx.actor.userId, pauseReason: reason };
    const paused = await tx
      .insert(jobs)
      .values({ id: jobId, ...pause })
      .onConflictDoUpdate({ target: jobs.id, set: pause, setWhere: isNull(jobs.pausedAt) })
      .returning({ id: jobs.id });
    if (paused.length === 0) throw new AppError('wrong_state', `${jobId} is paused already`);
    // A job has no id of the kind the trail looks for: found by the action, and by who did it.
    await recordAuditEvent(tx, ctx, {
      action: 'job.pause',
      entityId: ctx.actor.userId,
      after: { jobId, reason },
    });
  });
}
