import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { findDispatchedJob } from '#lib/jobs/known-job.ts';
import type { JobRun, TriggerJobInput } from './schemas.ts';
import { toJobRun } from './to-job-run.ts';

/**
 * Has a job run within about a minute, or once it is no longer paused. Its code is not here, so a payload that does not fit makes the
 * run fail for good when it begins. Throws `not_found`, or `wrong_state` for a job that runs at its slots only.
 */
export async function triggerJob(ctx: Context, jobId: string, { payload }: TriggerJobInput): Promise<JobRun> {
  const { maxAttempts, overlap } = findDispatchedJob(jobId);
  return withTransaction(ctx, async (tx) => {
    const [run] = await tx
      .insert(jobRuns)
      .values({
        id: uuidv7(),
        jobId,
        trigger: 'operator',
        payload,
        availableAt: sql`now()`,
        maxAttempts,
        isExclusive: overlap !== 'parallel',
      })
      .returning();
    if (!run) throw new Error('an insert has returned no row');
    // The payload may hold what an audit trail should not.
    await recordAuditEvent(tx, ctx, { action: 'job.trigger', entityId: run.id, after: { jobId } });
    return toJobRun(run);
  });
}
