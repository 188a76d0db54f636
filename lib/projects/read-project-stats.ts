import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { replicaLagSeconds } from '#lib/db/replica-lag.ts';
import { projectCounts } from '#lib/db/schema/project-counts.ts';
import { getReplica } from '#lib/db/transaction.ts';
import { type ProjectStats, projectStatuses } from './schemas.ts';

type Dimension = (typeof projectCounts.$inferSelect)['dimension'] | 'seconds behind';
type Count = { dimension: Dimension; key: string; count: number };

/**
 * Counts of the organization's projects, equal to a recount in one snapshot of the database (ADR 0010): as they are now, or, from a
 * replica that is behind, as they were where it has come to.
 */
export async function readProjectStats(ctx: Context): Promise<ProjectStats> {
  const counts = await readCounts(ctx);
  const total = (dimension: Dimension, firstKey = '') =>
    counts.reduce(
      (sum, row) => sum + (row.dimension === dimension && row.key >= firstKey ? row.count : 0),
      0,
    );
  const inWindows = (dimension: 'created' | 'updated') => ({
    last7Days: total(dimension, dayBefore(ctx, 6)),
    last30Days: total(dimension, dayBefore(ctx, 29)),
  });
  const ofStatus = (status: string) =>
    counts.find((row) => row.dimension === 'status' && row.key === status)?.count ?? 0;
  return {
    total: total('status'),
    byStatus: Object.fromEntries(
      projectStatuses.map((status) => [status, ofStatus(status)]),
    ) as ProjectStats['byStatus'],
    created: inWindows('created'),
    updated: inWindows('updated'),
    byOwner: counts
      .filter((row) => row.dimension === 'owner')
      .map(({ key, count }) => ({ ownerId: key, count })),
    asOf: new Date(ctx.now.getTime() - 1_000 * Math.max(0, total('seconds behind'))).toISOString(),
  };
}

/**
 * Sums of the statuses, the last 30 days and the ten largest owners, and how far behind the server is that answers: one that cannot say
 * has got nothing since it was started.
 */
async function readCounts(ctx: Context): Promise<Count[]> {
  const { organizationId } = ctx.actor;
  const rows = await getReplica(ctx).execute<Count>(sql`
    with sums as (
      select dimension, key, sum(count)::int as count
      from ${projectCounts}
      where organization_id = ${organizationId}
        and (dimension in ('status', 'owner') or key >= ${dayBefore(ctx, 29)})
      group by dimension, key
      having sum(count) <> 0
    )
    (select * from sums where dimension = 'owner' order by count desc, key limit 10)
    union all
    select * from sums where dimension <> 'owner'
    union all
    select 'seconds behind', '', coalesce(${replicaLagSeconds}, extract(epoch from now() - pg_postmaster_start_time())::float)`);
  return [...rows];
}

function dayBefore({ now }: Context, days: number): string {
  return new Date(now.getTime() - days * 86_400_000).toISOString().slice(0, 10);
}
