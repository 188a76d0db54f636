import { sql } from 'drizzle-orm';
import type { Database } from '#lib/db/client.ts';
import type { Check } from '#lib/health/check.ts';

// Reads that may be stale go to the replica: older than this, people see that what they changed is not there.
const lateSeconds = 10;

/** How far the replica is behind; one that has replayed all it receives is not, however quiet the primary is. */
export function replicaLag(getReplica: () => Database | undefined): Check {
  return {
    name: 'database:replicaLag',
    isCritical: false,
    appliesHere: () => getReplica() !== undefined,
    async observe() {
      const [row] =
        (await getReplica()?.execute(sql`
          select case
            when not pg_is_in_recovery() then 0
            when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() and exists (select from pg_stat_wal_receiver) then 0
            else extract(epoch from now() - pg_last_xact_replay_timestamp())
          end::float as seconds`)) ?? [];
      // Null when the replica cannot say: that is no lag of 0.
      const value = typeof row?.seconds === 'number' ? row.seconds : Number.NaN;
      if (value < lateSeconds) return { status: 'pass', value, unit: 's' };
      return { status: 'fail', value, unit: 's', output: 'the replica is behind' };
    },
  };
}
