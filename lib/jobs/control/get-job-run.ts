import { desc, eq } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { jobAttempts } from '#lib/db/schema/job-attempts.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { JobRun, JobRunDetails } from './schemas.ts';
import { toJobError, toJobRun } from './to-job-run.ts';

const shownAttempts = 100;

/** A run with its last attempts, newest first, the one under way included; throws `not_found`. */
export async function getJobRun(ctx: Context, id: string): Promise<JobRunDetails> {
  const [run] = await getDatabase(ctx).select().from(jobRuns).where(eq(jobRuns.id, id));
  if (!run) throw noSuchRun(id);
  const attempts = await getDatabase(ctx)
    .select()
    .from(jobAttempts)
    .where(eq(jobAttempts.runId, id))
    .orderBy(desc(jobAttempts.fence))
    .limit(shownAttempts);
  const attemptHistory = [...attemptUnderWay(run), ...attempts].map((attempt) => ({
    ...attempt,
    error: toJobError(attempt),
  }));
  return { ...toJobRun(run), attemptHistory };
}

function attemptUnderWay({ state, fence, attemptStartedAt, attemptRelease }: typeof jobRuns.$inferSelect) {
  if (state !== 'running' || attemptStartedAt === null || attemptRelease === null) return [];
  const noEnd = { finishedAt: null, outcome: null, errorClass: null, errorMessage: null };
  return [{ fence, startedAt: attemptStartedAt, release: attemptRelease, ...noEnd }];
}

/** A run that nobody else changes until the transaction ends; throws `not_found`. */
export async function lockJobRun(tx: Transaction, id: string): Promise<JobRun> {
  const [run] = await tx.select().from(jobRuns).where(eq(jobRuns.id, id)).for('update');
  if (!run) throw noSuchRun(id);
  return toJobRun(run);
}

function noSuchRun(id: string): AppError {
  return new AppError('not_found', `There is no run ${id}`);
}
