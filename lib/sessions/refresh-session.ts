import { eq, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import { findRoles } from '#lib/auth/find-roles.ts';
import { hashToken } from '#lib/auth/hash-token.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { refreshTokens } from '#lib/db/schema/refresh-tokens.ts';
import { sessions } from '#lib/db/schema/sessions.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { endSessions } from './end-sessions.ts';
import { isRemembered } from './fleet-state.ts';
import { actorOf, issueTokens, withSigningTransaction } from './issue-tokens.ts';
import { idleSeconds, longAgo, rotationGraceSeconds } from './lifetime.ts';
import type { SessionTokens } from './schemas.ts';

/**
 * Exchanges a refresh token for the next tokens, with the roles of now. A token that was exchanged before, more than ten seconds
 * ago, is in two hands: it ends the session (RFC 9700, 4.14.2). Throws `invalid_refresh_token`.
 */
export async function refreshSession(
  ctx: Context<undefined>,
  refreshToken: string | undefined,
): Promise<SessionTokens> {
  if (refreshToken === undefined) throw new AppError('invalid_refresh_token', 'Send a refresh token');
  const tokenHash = hashToken(refreshToken);
  const tokens = await withSigningTransaction(ctx, async (tx) => {
    const session = await lockSession(tx, tokenHash);
    if (!session || session.revokedAt !== null) throw refusal('is not valid');
    if (secondsSince(session.expiresAt, ctx.now) >= 0) throw refusal('belongs to a session that has ended');
    if (await isIdle(session.id, session.lastUsedAt, ctx.now))
      throw refusal('belongs to a session that was not used for 30 minutes');
    const roles = await findRoles(tx, session);
    if (!roles) throw refusal('is not valid');
    if (secondsSince(await rotate(tx, tokenHash, ctx.now), ctx.now) > rotationGraceSeconds) {
      await endSessions(tx, { userId: session.userId, id: session.id }, ctx.now);
      await recordAuditEvent(
        tx,
        { ...ctx, actor: actorOf(session, roles) },
        { action: 'session.reuse_detected', entityId: session.id },
      );
      return undefined;
    }
    await tx.update(sessions).set({ lastUsedAt: ctx.now.toISOString() }).where(eq(sessions.id, session.id));
    return issueTokens(tx, session, roles, ctx.now);
  });
  if (!tokens) throw refusal('was used before: its session has ended');
  return tokens;
}

async function lockSession(tx: Transaction, tokenHash: string) {
  const [found] = await tx
    .select({ session: sessions })
    .from(refreshTokens)
    .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
    .where(eq(refreshTokens.tokenHash, tokenHash))
    .for('update', { of: sessions });
  return found?.session;
}

/** When the token was first exchanged: now or before. Asked after the lock: a query that waits for one reads only the locked row anew. */
async function rotate(tx: Transaction, tokenHash: string, now: Date): Promise<string> {
  const [token] = await tx
    .update(refreshTokens)
    .set({ rotatedAt: sql`coalesce(${refreshTokens.rotatedAt}, ${now.toISOString()})` })
    .where(eq(refreshTokens.tokenHash, tokenHash))
    .returning({ rotatedAt: refreshTokens.rotatedAt });
  return token?.rotatedAt ?? longAgo;
}

// Requests between two refreshes are uses that only Redis has seen; it is asked just when that matters.
async function isIdle(id: string, lastUsedAt: string, now: Date): Promise<boolean> {
  return secondsSince(lastUsedAt, now) > idleSeconds && !(await isRemembered(id));
}

function secondsSince(instant: string, now: Date): number {
  return (now.getTime() - Date.parse(instant)) / 1000;
}

function refusal(reason: string): AppError {
  return new AppError('invalid_refresh_token', `The refresh token ${reason}`);
}
