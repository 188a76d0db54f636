import { sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { deleteInBatches } from '#lib/db/delete-in-batches.ts';
import { invitations } from '#lib/db/schema/invitations.ts';

/** Removes invitations that could be accepted until more than 30 days ago, whatever became of them; the audit trail still tells. */
export async function expireInvitations(ctx: Context<SystemActor>): Promise<{ removedInvitations: number }> {
  const now = sql`${ctx.now.toISOString()}::timestamptz`;
  const expired = sql`${invitations.expiresAt} < ${now} - interval '30 days'`;
  return { removedInvitations: await deleteInBatches(ctx, invitations, expired) };
}
