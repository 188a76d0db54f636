import { desc, type SQL, sql } from 'drizzle-orm';
import type { Actor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { measurementFolds } from '#lib/db/schema/measurement-folds.ts';
import { measurements } from '#lib/db/schema/measurements.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { type Histogram, mergeHistograms } from '#lib/observability/histogram.ts';

/** All that was measured of one operation under one outcome. */
export interface Measured {
  readonly operation: string;
  readonly outcome: string;
  readonly isCold: boolean;
  readonly count: number;
  readonly durationUs: number;
  readonly histogram: Histogram;
}

const hourMs = 3_600_000;

/** What was measured since an instant, a whole minute, and when the last of it was folded. */
export async function readWindow(
  ctx: Context<Actor>,
  from: Date,
): Promise<{ measured: Measured[]; foldedAt: Date | undefined }> {
  const at = (ms: number) => sql`${new Date(ms).toISOString()}::timestamptz`;
  // Of a long window the first hour by its minutes, the others as they are: 24 hours are not read as 1,440 minutes.
  const nextHourMs = Math.ceil(from.getTime() / hourMs) * hourMs;
  const isLong = ctx.now.getTime() - nextHourMs > hourMs;
  const minutes = sql`resolution = 'minute' and starts_at >= ${at(from.getTime())}`;
  const rows = isLong
    ? sql`(${minutes} and starts_at < ${at(nextHourMs)}) or (resolution = 'hour' and starts_at >= ${at(nextHourMs)})`
    : minutes;
  const [measured, foldedAt] = await Promise.all([select(ctx, rows), readLastFold(ctx)]);
  return { measured, foldedAt };
}

/** When measurements were folded last; undefined before the first time, or when it was more than two days ago. */
export async function readLastFold(ctx: Context<Actor>): Promise<Date | undefined> {
  const [fold] = await getDatabase(ctx)
    .select({ at: measurementFolds.foldedAt })
    .from(measurementFolds)
    .orderBy(desc(measurementFolds.foldedAt))
    .limit(1);
  return fold && new Date(fold.at);
}

/** What was measured since ever, the operation that was first seen longest ago first. */
export function readTotals(ctx: Context<Actor>): Promise<Measured[]> {
  return select(ctx, sql`resolution = 'total'`);
}

async function select(ctx: Context<Actor>, condition: SQL): Promise<Measured[]> {
  const rows = await getDatabase(ctx).execute<{
    operation: string;
    outcome: string;
    isCold: boolean;
    count: string;
    durationUs: string;
    buckets: Record<string, number>[];
  }>(sql`
    select operation, outcome, is_cold as "isCold", sum(count) as count, sum(duration_us) as "durationUs",
      json_agg(buckets) as buckets
    from ${measurements} where ${condition}
    group by operation, outcome, is_cold
    order by min(min(created_at)) over (partition by operation), operation, outcome, is_cold`);
  return rows.map(({ buckets, count, durationUs, ...group }) => ({
    ...group,
    count: Number(count),
    durationUs: Number(durationUs),
    histogram: mergeHistograms(buckets.map(toHistogram)),
  }));
}

function toHistogram(buckets: Record<string, number>): Histogram {
  return new Map(Object.entries(buckets).map(([bucket, count]) => [Number(bucket), count]));
}
