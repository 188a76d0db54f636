import type { Check } from '#lib/health/check.ts';

interface PoolUse {
  readonly max: number;
  readonly open: number;
  readonly idle: number;
  readonly waiting: number;
}

/**
 * How many of the connections of this instance are at work; the mark of a saturated pool is that somebody waits. It has to come before the
 * checks that send statements, or it sees those wait.
 */
export function poolSaturation(getUse: () => PoolUse): Check {
  return {
    name: 'database:poolSaturation',
    isCritical: false,
    dependency: 'database',
    async observe() {
      const { max, open, idle, waiting } = getUse();
      const observed = { value: ((open - idle) / max) * 100, unit: '%' };
      if (waiting === 0) return { status: 'pass', ...observed };
      return { status: 'warn', ...observed, output: `${waiting} wait for a connection` };
    },
  };
}
