import { inArray, sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { sessions } from '#lib/db/schema/sessions.ts';
import { getDatabase } from '#lib/db/transaction.ts';

// Small enough that a batch holds its row locks for milliseconds.
const batchSize = 500;

/** Removes sessions that ended more than a day ago, with their refresh tokens, until none is left or time runs out. */
export async function expireSessions(ctx: Context<SystemActor>): Promise<{ removed: number }> {
  const database = getDatabase(ctx);
  let removed = 0;
  while (!ctx.signal.aborted) {
    const ended = database
      .select({ id: sessions.id })
      .from(sessions)
      .where(sql`${sessions.expiresAt} < ${ctx.now.toISOString()}::timestamptz - interval '1 day'`)
      .limit(batchSize)
      .for('update', { skipLocked: true });
    const batch = await database
      .delete(sessions)
      .where(inArray(sessions.id, ended))
      .returning({ id: sessions.id });
    removed += batch.length;
    if (batch.length < batchSize) break;
  }
  return { removed };
}
