import { type SQL, sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { getDatabase } from '#lib/db/transaction.ts';

// Small enough that a batch holds its locks for milliseconds.
const batchSize = 2_000;

/**
 * Removes minutes after 25 hours, of which a window of 24 hours needs the oldest; hours after 30 days; ids of folds after two; callers of
 * deprecated operations 90 days after their last call.
 */
export async function expireMeasurements(ctx: Context<SystemActor>): Promise<{ removed: number }> {
  const before = (hours: number) =>
    sql`${ctx.now.toISOString()}::timestamptz - make_interval(hours => ${hours})`;
  const removed = [
    await remove(ctx, 'measurements', sql`resolution = 'minute' and starts_at < ${before(25)}`),
    await remove(ctx, 'measurements', sql`resolution = 'hour' and starts_at < ${before(30 * 24)}`),
    await remove(ctx, 'measurement_folds', sql`folded_at < ${before(48)}`),
    await remove(ctx, 'deprecated_calls', sql`last_seen_at < ${before(90 * 24)}`),
  ];
  return { removed: removed.reduce((sum, rows) => sum + rows, 0) };
}

async function remove(ctx: Context<SystemActor>, name: string, condition: SQL): Promise<number> {
  const table = sql.identifier(name);
  let removed = 0;
  while (!ctx.signal.aborted) {
    const batch = await getDatabase(ctx).execute(
      sql`delete from ${table} where ctid = any(array(select ctid from ${table} where ${condition} limit ${batchSize}))`,
    );
    removed += batch.count;
    if (batch.count < batchSize) break;
  }
  return removed;
}
