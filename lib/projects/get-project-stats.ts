import { and, count, desc, eq, isNull, sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import type { Context } from '#lib/context.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { type ProjectStats, projectStatuses } from './schemas.ts';

/** Counts of the organization's projects, exact in one snapshot of the database; `asOf` is the request's begin. */
export async function getProjectStats(ctx: Context): Promise<ProjectStats> {
  const isLive = and(eq(projects.organizationId, ctx.actor.organizationId), isNull(projects.deletedAt));
  const rows = await getDatabase(ctx)
    .select({
      ownerId: projects.ownerId,
      status: projects.status,
      count: count(),
      created7: countSince(ctx, projects.createdAt, 7),
      created30: countSince(ctx, projects.createdAt, 30),
      updated7: countSince(ctx, projects.updatedAt, 7),
      updated30: countSince(ctx, projects.updatedAt, 30),
    })
    .from(projects)
    .where(isLive)
    .groupBy(projects.ownerId, projects.status)
    .orderBy(desc(count()));

  const sum = (key: 'count' | 'created7' | 'created30' | 'updated7' | 'updated30', of = rows) =>
    of.reduce((total, row) => total + row[key], 0);
  const byStatus = Object.fromEntries(
    projectStatuses.map((status) => [
      status,
      sum(
        'count',
        rows.filter((row) => row.status === status),
      ),
    ]),
  ) as ProjectStats['byStatus'];
  const byOwner = new Map<string, number>();
  for (const row of rows) byOwner.set(row.ownerId, (byOwner.get(row.ownerId) ?? 0) + row.count);
  return {
    total: sum('count'),
    byStatus,
    created: { last7Days: sum('created7'), last30Days: sum('created30') },
    updated: { last7Days: sum('updated7'), last30Days: sum('updated30') },
    byOwner: [...byOwner]
      .map(([ownerId, owned]) => ({ ownerId, count: owned }))
      .sort((a, b) => b.count - a.count || a.ownerId.localeCompare(b.ownerId))
      .slice(0, 10),
    asOf: ctx.now.toISOString(),
  };
}

function countSince(ctx: Context, column: AnyPgColumn, days: number) {
  const since = new Date(ctx.now.getTime() - days * 86_400_000).toISOString();
  return sql<number>`count(*) filter (where ${column} >= ${since}::timestamptz)`.mapWith(Number);
}
