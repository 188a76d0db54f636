import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { UserActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { endSessions } from './end-sessions.ts';
import type { RevokeSessionsQuery } from './schemas.ts';

/** Ends all sessions of the actor, in every organization, or all but the current one; on every instance when it returns. */
export async function revokeSessions(
  ctx: Context<UserActor>,
  { except }: RevokeSessionsQuery,
): Promise<void> {
  const { userId, session } = ctx.actor;
  const exceptId = except === 'current' ? session?.id : undefined;
  await withTransaction(ctx, async (tx) => {
    const ended = await endSessions(tx, { userId, exceptId }, ctx.now);
    await recordAuditEvent(tx, ctx, { action: 'session.revoke_many', entityId: userId, after: { ended } });
  });
}
