import { inArray, sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { retentionStart } from './retention.ts';

// Small enough that a batch holds its row locks for milliseconds.
const batchSize = 500;

/** Removes projects that were deleted more than 30 days ago, batch by batch, until none is left or time runs out. */
export async function purgeDeletedProjects(ctx: Context<SystemActor>): Promise<{ purged: number }> {
  const before = retentionStart(ctx.now).toISOString();
  const database = getDatabase(ctx);
  let purged = 0;
  while (!ctx.signal.aborted) {
    const expired = database
      .select({ id: projects.id })
      .from(projects)
      .where(sql`${projects.deletedAt} < ${before}::timestamptz`)
      .limit(batchSize)
      .for('update', { skipLocked: true });
    const removed = await database
      .delete(projects)
      .where(inArray(projects.id, expired))
      .returning({ id: projects.id });
    purged += removed.length;
    if (removed.length < batchSize) break;
  }
  return { purged };
}
