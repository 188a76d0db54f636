import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { measurementFolds } from '#lib/db/schema/measurement-folds.ts';
import { measurements } from '#lib/db/schema/measurements.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import {
  type ClaimedHash,
  claimMeasurements,
  listMeasurements,
  releaseMeasurements,
} from './claim-measurements.ts';
import { type MeasuredGroup, parseHashName, parseMeasurements } from './parse-measurements.ts';

/**
 * Moves what the fleet measured from Redis into PostgreSQL, exactly once whatever crashes in between: a claimed hash keeps its id until
 * it is released, and the id commits with what was added (ADR 0021).
 */
export async function rollUpMeasurements(ctx: Context<SystemActor>): Promise<{ hashes: number }> {
  let hashes = 0;
  for (const name of await listMeasurements()) {
    if (ctx.signal.aborted) break;
    const claimed = await claimMeasurements(name, randomUUID());
    if (!claimed) continue;
    await foldOnce(ctx, name, claimed);
    await releaseMeasurements(name, claimed.id);
    hashes += 1;
  }
  return { hashes };
}

async function foldOnce(ctx: Context<SystemActor>, name: string, { id, fields }: ClaimedHash): Promise<void> {
  const hash = parseHashName(name);
  const groups = hash ? parseMeasurements(fields, hash.perDoubling) : [];
  await withTransaction(ctx, async (tx) => {
    const isNew = await tx.insert(measurementFolds).values({ id }).onConflictDoNothing().returning();
    if (isNew.length > 0 && hash && groups.length > 0) await add(tx, groups, earlier(hash.startsAt, ctx.now));
  });
}

/** A clock that is ahead must not put measurements where no window finds them. */
function earlier(startsAt: Date, now: Date): string {
  const thisMinuteMs = Math.floor(now.getTime() / 60_000) * 60_000;
  return new Date(Math.min(startsAt.getTime(), thisMinuteMs)).toISOString();
}

// Ordered, so that two folds lock the rows they share in the same order.
function add(tx: Transaction, groups: readonly MeasuredGroup[], startsAt: string) {
  return tx.execute(sql`
    insert into ${measurements} as known
      (resolution, starts_at, operation, outcome, is_cold, count, duration_us, buckets)
    select period.resolution, period.starts_at, "operation", "outcome", "isCold", "count", "durationUs", "buckets"
    from jsonb_to_recordset(${JSON.stringify(groups)}::text::jsonb) as measured
      ("operation" text, "outcome" text, "isCold" boolean, "count" bigint, "durationUs" bigint, "buckets" jsonb),
      (values ('minute', ${startsAt}::timestamptz), ('hour', date_trunc('hour', ${startsAt}::timestamptz)),
        ('total', to_timestamp(0))) as period (resolution, starts_at)
    order by 1, 2, 3, 4, 5
    on conflict (resolution, starts_at, operation, outcome, is_cold) do update set
      count = known.count + excluded.count,
      duration_us = known.duration_us + excluded.duration_us,
      buckets = (
        select jsonb_object_agg(bucket, total) from (
          select bucket, sum(n::bigint) as total
          from (select * from jsonb_each_text(known.buckets) union all select * from jsonb_each_text(excluded.buckets))
            as counts (bucket, n)
          group by bucket) as sums)`);
}
