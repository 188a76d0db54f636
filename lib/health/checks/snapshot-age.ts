import type { Check } from '#lib/health/check.ts';
import { readSnapshot } from '#lib/health/read-snapshot.ts';

/** How long ago the job recordHealth has looked. Critical: while nobody looks, nobody knows. */
export const snapshotAge: Check = {
  name: 'health:snapshotAge',
  isCritical: true,
  async observe() {
    const { ageSeconds, output } = await readSnapshot();
    return {
      status: output === undefined ? 'pass' : 'fail',
      ...(ageSeconds !== undefined && { value: ageSeconds, unit: 's' }),
      ...(output !== undefined && { output }),
    };
  },
};
