import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { UserActor } from '#lib/auth/actor.ts';
import { findRoles } from '#lib/auth/find-roles.ts';
import { reauthenticate } from '#lib/auth/reauthenticate.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { refreshTokens } from '#lib/db/schema/refresh-tokens.ts';
import { sessions } from '#lib/db/schema/sessions.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { issueTokens, withSigningTransaction } from './issue-tokens.ts';
import { longAgo } from './lifetime.ts';
import type { SessionTokens, StepUpInput } from './schemas.ts';

/**
 * Renews the proof of identity of the actor's session (RFC 9470). Access tokens from before stay valid, without that proof; so
 * that no copy of an earlier refresh token gets it, those count as exchanged.
 */
export async function stepUpSession(ctx: Context<UserActor>, input: StepUpInput): Promise<SessionTokens> {
  const method = await reauthenticate(ctx, input);
  return withSigningTransaction(ctx, async (tx) => {
    const session = await renewProof(tx, ctx, method);
    const roles = session && (await findRoles(tx, session));
    if (!roles) throw new AppError('unauthenticated', 'The session has ended: log in again');
    await tx.update(refreshTokens).set({ rotatedAt: longAgo }).where(eq(refreshTokens.sessionId, session.id));
    await recordAuditEvent(tx, ctx, { action: 'session.step_up', entityId: session.id, after: { method } });
    return issueTokens(tx, session, roles, ctx.now);
  });
}

async function renewProof(tx: Transaction, { actor, now }: Context<UserActor>, method: string) {
  const at = now.toISOString();
  const methods = sessions.authenticationMethods;
  const [session] = await tx
    .update(sessions)
    .set({
      authenticatedAt: at,
      lastUsedAt: at,
      authenticationMethods: sql`array_append(array_remove(${methods}, ${method}), ${method})`,
    })
    .where(
      and(
        eq(sessions.id, actor.session?.id ?? ''),
        eq(sessions.userId, actor.userId),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, at),
      ),
    )
    .returning();
  return session;
}
