import type { Check } from '#lib/health/check.ts';

export const openBreakersName = 'outbound:openBreakers';

/** How many circuit breakers are open: external services that are not called at the moment. */
export function openBreakers(listOpen: () => Promise<readonly string[]>): Check {
  return {
    name: openBreakersName,
    isCritical: false,
    async observe() {
      const open = await listOpen();
      if (open.length === 0) return { status: 'pass', value: 0, unit: 'breakers' };
      const output = `not called: ${[...open].sort().join(', ')}`;
      return { status: 'fail', value: open.length, unit: 'breakers', output };
    },
  };
}
