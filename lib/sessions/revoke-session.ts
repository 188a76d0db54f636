import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { UserActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { endSessions } from './end-sessions.ts';
import { tellFleet } from './fleet-state.ts';

/** Ends one of the actor's own sessions, on every instance when it returns; `not_found` for any other id. */
export async function revokeSession(ctx: Context<UserActor>, id: string): Promise<void> {
  const ended = await withTransaction(ctx, async (tx) => {
    const states = await endSessions(tx, { userId: ctx.actor.userId, id }, ctx.now);
    if (states.length > 0) await recordAuditEvent(tx, ctx, { action: 'session.revoke', entityId: id });
    return states;
  });
  if (ended.length === 0) throw new AppError('not_found', `There is no session ${id}`);
  await tellFleet(ended);
}
