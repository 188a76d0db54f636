import type { Check } from '#lib/health/check.ts';
import { countDeadLetters } from '#lib/jobs/observe-jobs.ts';

/** Runs that were given up: work that is not done unless somebody acts. */
export const jobDeadLetters: Check = {
  name: 'jobs:deadLetters',
  isCritical: false,
  async observe() {
    const value = await countDeadLetters();
    if (value === 0) return { status: 'pass', value, unit: 'runs' };
    return { status: 'fail', value, unit: 'runs', output: 'runs of jobs were given up' };
  },
};
