import type { jobRuns } from '#lib/db/schema/job-runs.ts';
import type { JobRun } from './schemas.ts';

interface Failure {
  readonly errorClass: string | null;
  readonly errorMessage: string | null;
}

/** A row of the ledger as operators see it: without its payload, which may hold what is not theirs to read. */
export function toJobRun({
  progressDone,
  progressTotal,
  ...run
}: Omit<typeof jobRuns.$inferSelect, 'payload' | 'checkpoint'>): JobRun {
  return {
    ...run,
    progress: progressDone === null ? null : { done: progressDone, total: progressTotal },
    error: toJobError(run),
  };
}

export function toJobError({ errorClass, errorMessage }: Failure): JobRun['error'] {
  return errorClass === null ? null : { class: errorClass, message: errorMessage ?? '' };
}
