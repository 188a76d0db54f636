import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { UserActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { endSessions } from './end-sessions.ts';

/** Ends the session of this very request; of two requests at once the second has nothing left to do. */
export async function logout(ctx: Context<UserActor>): Promise<void> {
  const { userId, session } = ctx.actor;
  if (!session) return;
  await withTransaction(ctx, async (tx) => {
    const ended = await endSessions(tx, { userId, id: session.id }, ctx.now);
    if (ended > 0) await recordAuditEvent(tx, ctx, { action: 'session.revoke', entityId: session.id });
  });
}
