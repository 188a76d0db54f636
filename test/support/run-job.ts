import type { Job } from '#lib/jobs/define-job.ts';
import type { Delivery } from '#lib/jobs/deliver-slot.ts';
import { lambdaContext } from './event.ts';

let deliveries = 0;

/** Delivers the event of a slot to a job: of `at`, else of one that no other delivery of this test file has. */
export function runJob(job: Job<undefined>, at = new Date(Date.now() - ++deliveries)): Promise<Delivery> {
  return job({ time: at.toISOString() }, lambdaContext(60_000));
}
