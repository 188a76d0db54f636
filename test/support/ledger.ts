import { randomUUID } from 'node:crypto';
import { defineJob } from '#lib/jobs/define-job.ts';
import { dispatchRuns } from '#lib/jobs/dispatch-runs.ts';
import type { AnyJob, JobInput, JobResult, JobSpec } from '#lib/jobs/job-spec.ts';
import { sql } from './tenant.ts';

/** What the ledger's own jobs are given. */
export const systemContext = {
  actor: { type: 'system', jobId: 'test' },
  requestId: 'test',
  now: new Date(),
  signal: new AbortController().signal,
} as const;

/** A job of the test's own, so that no test sees another one's runs. */
export function createJob(
  run: (input: JobInput<unknown>) => Promise<JobResult>,
  spec: Partial<JobSpec<unknown>> = {},
) {
  return defineJob<unknown>(
    { id: `test-${randomUUID()}`, summary: '', schedule: 'rate(1 hour)', timeoutSeconds: 60, ...spec },
    run,
  );
}

export const dispatchJob = (job: AnyJob) => dispatchRuns(systemContext, [job]);

export const findRuns = ({ spec }: AnyJob) =>
  sql`select * from job_runs where job_id = ${spec.id} order by created_at, id`;
