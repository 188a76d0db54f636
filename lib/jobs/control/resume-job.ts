import { and, eq, isNotNull } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { jobs } from '#lib/db/schema/jobs.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { findJob } from '#lib/jobs/known-job.ts';

/**
 * The job runs again from its next slot on, and what was enqueued meanwhile at once; the slots in between stay skipped. Throws
 * `not_found`, or `wrong_state` when it is not paused.
 */
export async function resumeJob(ctx: Context, jobId: string): Promise<void> {
  findJob(jobId);
  await withTransaction(ctx, async (tx) => {
    const resumed = await tx
      .update(jobs)
      .set({ pausedAt: null, pausedBy: null, pauseReason: null })
      .where(and(eq(jobs.id, jobId), isNotNull(jobs.pausedAt)))
      .returning({ id: jobs.id });
    if (resumed.length === 0) throw new AppError('wrong_state', `${jobId} is not paused`);
    await recordAuditEvent(tx, ctx, {
      action: 'job.resume',
      entityId: ctx.actor.userId,
      after: { jobId },
    });
  });
}
