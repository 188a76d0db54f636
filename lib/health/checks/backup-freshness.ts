import { getConfig } from '#lib/config/get-config.ts';
import type { Check } from '#lib/health/check.ts';
import { getLastSuccessAges } from '#lib/jobs/observe-jobs.ts';

const hourSeconds = 3_600;
// A night, and what retries and the reading may take. Of a drill, the ledger knows for eight days.
const lateHours = 30;

/** How old the last good backup is; whether the weekly drill has restored one; and whether it holds what no migration makes. */
export const backupFreshness: Check = {
  name: 'backup:freshness',
  isCritical: false,
  appliesHere: () => getConfig().BACKUP_URL !== '',
  async observe() {
    const { backUpDatabase, drillRestore } = await getLastSuccessAges(
      ['backUpDatabase', 'drillRestore'],
      'backupId',
    );
    if (backUpDatabase === undefined) return { status: 'fail', output: 'there is no good backup' };
    const seen = { value: backUpDatabase / hourSeconds, unit: 'h' };
    if (seen.value > lateHours) return { status: 'fail', ...seen, output: 'the last good backup is old' };
    // Only jobs have that secret, and one of them takes the snapshot that rings.
    if (drillRestore === undefined && getConfig().BACKUP_DRILL_URL !== '')
      return { status: 'fail', ...seen, output: 'no backup was restored on trial this week' };
    const { backUpDatabase: changed = 0 } = await getLastSuccessAges(['backUpDatabase'], 'drift');
    // Measured a moment later; the backup before is a day older.
    if (changed >= backUpDatabase && changed < backUpDatabase + hourSeconds)
      return { status: 'warn', ...seen, output: 'restores need --accept-drift: see docs/backup.md' };
    return { status: 'pass', ...seen };
  },
};
