import type { Check } from '#lib/health/check.ts';
import { findStaleJobs } from '#lib/jobs/observe-jobs.ts';

/** Whether every job keeps to its schedule. */
export const jobFreshness: Check = {
  name: 'jobs:freshness',
  isCritical: false,
  async observe() {
    const stale = await findStaleJobs();
    const seen = { value: stale.length, unit: 'jobs' };
    if (stale.length === 0) return { status: 'pass', ...seen };
    return { status: 'fail', ...seen, output: `do not keep to their schedule: ${stale.join(', ')}` };
  },
};
