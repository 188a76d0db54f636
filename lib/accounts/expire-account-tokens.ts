import { sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { deleteInBatches } from '#lib/db/delete-in-batches.ts';
import { accountTokens } from '#lib/db/schema/account-tokens.ts';

/** Removes account tokens that expired more than a week ago. */
export async function expireAccountTokens(ctx: Context<SystemActor>): Promise<{ removedTokens: number }> {
  const now = sql`${ctx.now.toISOString()}::timestamptz`;
  const expired = sql`${accountTokens.expiresAt} < ${now} - interval '7 days'`;
  return { removedTokens: await deleteInBatches(ctx, accountTokens, expired) };
}
