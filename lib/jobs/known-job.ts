import { AppError } from '#lib/errors/app-error.ts';
import type { JobSpec } from './job-spec.ts';
import { knownJobs } from './known-jobs.ts';

/** What can be said of a job where its code is not there, with every default filled in. */
export interface KnownJob
  extends Required<Pick<JobSpec, 'id' | 'timezone' | 'catchUp' | 'overlap'>>,
    Pick<JobSpec, 'schedule' | 'dst'> {
  readonly maxAttempts: number;
  /** Whether runs without an event of their own are carried out: retries, and what an operator starts. */
  readonly isDispatched: boolean;
}

/** The job with that id; throws `not_found`. */
export function findJob(id: string): KnownJob {
  const job = knownJobs.find((known) => known.id === id);
  if (!job) throw new AppError('not_found', `There is no job ${id}`);
  return job;
}

/** The job with that id, which has to be one whose runs the dispatcher carries out; throws `not_found` or `wrong_state`. */
export function findDispatchedJob(id: string): KnownJob {
  const job = findJob(id);
  if (!job.isDispatched) throw new AppError('wrong_state', `${id} runs at the slots of its schedule only`);
  return job;
}
