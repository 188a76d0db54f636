import { sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { deleteInBatches } from '#lib/db/delete-in-batches.ts';
import { sessions } from '#lib/db/schema/sessions.ts';

/** Removes sessions that ended more than a day ago, with their refresh tokens, until none is left or time runs out. */
export async function expireSessions(ctx: Context<SystemActor>): Promise<{ removed: number }> {
  const now = sql`${ctx.now.toISOString()}::timestamptz`;
  return {
    removed: await deleteInBatches(ctx, sessions, sql`${sessions.expiresAt} < ${now} - interval '1 day'`),
  };
}
