import { lt } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { idempotencyRecords } from '#lib/db/schema/idempotency-records.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { retentionHours } from './retention.ts';

/** Removes the records whose responses can no longer be replayed. */
export async function expireIdempotencyRecords(ctx: Context<SystemActor>): Promise<{ expired: number }> {
  const before = new Date(ctx.now.getTime() - retentionHours * 3_600_000).toISOString();
  const expired = await getDatabase(ctx)
    .delete(idempotencyRecords)
    .where(lt(idempotencyRecords.createdAt, before))
    .returning({ key: idempotencyRecords.key });
  return { expired: expired.length };
}
