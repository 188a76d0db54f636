import { sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { deleteInBatches } from '#lib/db/delete-in-batches.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { retentionStart } from './retention.ts';

/** Removes projects that were deleted more than 30 days ago, until none is left or time runs out. */
export async function purgeDeletedProjects(ctx: Context<SystemActor>): Promise<{ purged: number }> {
  const before = retentionStart(ctx.now).toISOString();
  return {
    purged: await deleteInBatches(ctx, projects, sql`${projects.deletedAt} < ${before}::timestamptz`),
  };
}
