import { sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { accountTokens } from '#lib/db/schema/account-tokens.ts';
import { getDatabase } from '#lib/db/transaction.ts';

/** Removes account tokens that expired more than a week ago. */
export async function expireAccountTokens(ctx: Context<SystemActor>): Promise<{ removedTokens: number }> {
  const removed = await getDatabase(ctx)
    .delete(accountTokens)
    .where(sql`${accountTokens.expiresAt} < ${ctx.now.toISOString()}::timestamptz - interval '7 days'`)
    .returning({ userId: accountTokens.userId });
  return { removedTokens: removed.length };
}
