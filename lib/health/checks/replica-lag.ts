import { sql } from 'drizzle-orm';
import type { Database } from '#lib/db/client.ts';
import { replicaLagSeconds } from '#lib/db/replica-lag.ts';
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
      const rows = await getReplica()?.execute(
        sql`select pg_is_in_recovery() as is_replica, ${replicaLagSeconds} as seconds`,
      );
      const { is_replica: isReplica, seconds } = rows?.[0] ?? {};
      // Reads fall back to the primary, and so does this one.
      if (isReplica !== true) return { status: 'fail', output: 'a primary answers in place of the replica' };
      if (typeof seconds !== 'number')
        return { status: 'fail', output: 'the replica does not say how far it is behind' };
      const observed = { value: seconds, unit: 's' };
      if (seconds < lateSeconds) return { status: 'pass', ...observed };
      return { status: 'fail', ...observed, output: 'the replica is behind' };
    },
  };
}
