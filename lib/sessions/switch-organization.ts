import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { UserActor } from '#lib/auth/actor.ts';
import { holdRoles } from '#lib/auth/find-roles.ts';
import type { Context } from '#lib/context.ts';
import { refreshTokens } from '#lib/db/schema/refresh-tokens.ts';
import { sessions } from '#lib/db/schema/sessions.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { tellFleet } from './fleet-state.ts';
import { actorOf, issueTokens, withSigningTransaction } from './issue-tokens.ts';
import { longAgo } from './lifetime.ts';
import type { SessionTokens } from './schemas.ts';

/**
 * Has the session of this request act in another organization of the actor: its tokens so far are refused when this returns,
 * the refresh token counts as exchanged. `not_found` when the actor is no member there.
 */
export async function switchOrganization(
  ctx: Context<UserActor>,
  organizationId: string,
): Promise<SessionTokens> {
  const { userId, session: current, organizationId: before } = ctx.actor;
  const at = ctx.now.toISOString();
  return withSigningTransaction(ctx, async (tx) => {
    const roles = await holdRoles(tx, { userId, organizationId });
    if (!roles) throw new AppError('not_found', `There is no organization ${organizationId}`);
    const [session] = await tx
      .update(sessions)
      .set({ organizationId, generation: sql`${sessions.generation} + 1`, lastUsedAt: at })
      .where(
        and(
          eq(sessions.id, current?.id ?? ''),
          eq(sessions.userId, userId),
          isNull(sessions.revokedAt),
          gt(sessions.expiresAt, at),
        ),
      )
      .returning();
    if (!session) throw new AppError('unauthenticated', 'The session has ended: log in again');
    await tx.update(refreshTokens).set({ rotatedAt: longAgo }).where(eq(refreshTokens.sessionId, session.id));
    await recordAuditEvent(
      tx,
      { ...ctx, actor: actorOf(session, roles) },
      {
        action: 'session.switch_organization',
        entityId: session.id,
        before: { organizationId: before },
        after: { organizationId },
      },
    );
    const tokens = await issueTokens(tx, session, roles, ctx.now);
    await tellFleet([session]);
    return tokens;
  });
}
