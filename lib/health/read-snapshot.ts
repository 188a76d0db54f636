import { sql } from 'drizzle-orm';
import { getPool } from '#lib/db/client.ts';
import { healthSnapshots } from '#lib/db/schema/health-snapshots.ts';
import type { HealthStatus } from './check.ts';

export interface Snapshot {
  /** `fail` once the snapshot has expired, whatever it saw. */
  readonly status: HealthStatus;
  readonly ageSeconds?: number;
  readonly output?: string;
}

/** What the last look at the whole service saw, as long as that counts, by the clock of the database. */
export async function readSnapshot(): Promise<Snapshot> {
  const [row] = await getPool()
    .select({
      status: healthSnapshots.status,
      observedAt: healthSnapshots.observedAt,
      ageSeconds: sql<number>`extract(epoch from now() - ${healthSnapshots.observedAt})::float`,
      // A look in the future is that of a clock that has jumped since, and would never expire.
      hasExpired: sql<boolean>`now() not between ${healthSnapshots.observedAt} and ${healthSnapshots.expiresAt}`,
    })
    .from(healthSnapshots);
  if (!row) return { status: 'fail', output: 'nobody has looked yet' };
  const { status, observedAt, ageSeconds, hasExpired } = row;
  if (hasExpired) return { status: 'fail', ageSeconds, output: `nobody has looked since ${observedAt}` };
  return { status, ageSeconds };
}
