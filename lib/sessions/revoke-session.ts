import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { UserActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { endSessions } from './end-sessions.ts';

/** Ends one of the actor's own sessions, on every instance when it returns; `not_found` for any other id, and the second time. */
export async function revokeSession(ctx: Context<UserActor>, id: string): Promise<void> {
  await withTransaction(ctx, async (tx) => {
    const ended = await endSessions(tx, { userId: ctx.actor.userId, id }, ctx.now);
    if (ended === 0) throw new AppError('not_found', `There is no session ${id}`);
    await recordAuditEvent(tx, ctx, { action: 'session.revoke', entityId: id });
  });
}
