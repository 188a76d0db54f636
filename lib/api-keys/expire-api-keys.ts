import { sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { deleteInBatches } from '#lib/db/delete-in-batches.ts';
import { apiKeys } from '#lib/db/schema/api-keys.ts';

/**
 * Removes API keys that were revoked more than 90 days ago; the audit trail still tells whose they were. One that has only expired stays, as
 * its owner sees it in the list.
 */
export async function expireApiKeys(ctx: Context<SystemActor>): Promise<{ removedKeys: number }> {
  const now = sql`${ctx.now.toISOString()}::timestamptz`;
  const outdated = sql`${apiKeys.revokedAt} < ${now} - interval '90 days'`;
  return { removedKeys: await deleteInBatches(ctx, apiKeys, outdated) };
}
