import type { Check } from '#lib/health/check.ts';

/** How many connections of this instance to PostgreSQL have failed since the last look. */
export function connectionErrors(getTotal: () => number): Check {
  let seen = 0;
  return {
    name: 'database:connectionErrors',
    isCritical: false,
    dependency: 'database',
    async observe() {
      const total = getTotal();
      // A pool that was made anew counts from zero.
      const value = total < seen ? total : total - seen;
      seen = total;
      if (value === 0) return { status: 'pass', value, unit: 'errors' };
      return { status: 'warn', value, unit: 'errors', output: 'connections to the database fail' };
    },
  };
}
