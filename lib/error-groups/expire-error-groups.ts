import { lt } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { errorGroups } from '#lib/db/schema/error-groups.ts';
import { getDatabase } from '#lib/db/transaction.ts';

// What nobody has seen for a quarter is fixed, or of code that is gone.
const retentionMs = 90 * 24 * 3_600_000;

/** Removes the groups not seen for 90 days, whatever their state. */
export async function expireErrorGroups(ctx: Context<SystemActor>): Promise<{ removed: number }> {
  const seenBefore = new Date(ctx.now.getTime() - retentionMs).toISOString();
  const rows = await getDatabase(ctx)
    .delete(errorGroups)
    .where(lt(errorGroups.lastSeenAt, seenBefore))
    .returning({ id: errorGroups.id });
  return { removed: rows.length };
}
