import { sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { deleteInBatches } from '#lib/db/delete-in-batches.ts';
import { idempotencyRecords } from '#lib/db/schema/idempotency-records.ts';
import { retentionHours } from './retention.ts';

/** Removes the records whose responses can no longer be replayed, until none is left or time runs out. */
export async function expireIdempotencyRecords(ctx: Context<SystemActor>): Promise<{ expired: number }> {
  const before = new Date(ctx.now.getTime() - retentionHours * 3_600_000).toISOString();
  const old = sql`${idempotencyRecords.createdAt} < ${before}::timestamptz`;
  return { expired: await deleteInBatches(ctx, idempotencyRecords, old) };
}
