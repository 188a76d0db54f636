import type { UserActor } from '#lib/auth/actor.ts';
import { csrfTokenOf } from '#lib/auth/csrf-token.ts';
import { createToken, hashToken } from '#lib/auth/hash-token.ts';
import { issueAccessToken } from '#lib/auth/issue-access-token.ts';
import { getSigner } from '#lib/auth/key-ring.ts';
import type { Role } from '#lib/auth/permissions.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { refreshTokens } from '#lib/db/schema/refresh-tokens.ts';
import type { sessions } from '#lib/db/schema/sessions.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import type { SessionTokens } from './schemas.ts';

type SessionRow = typeof sessions.$inferSelect;

/** The next tokens of a session: an access token with these roles, and a refresh token of which only a hash is kept. */
export async function issueTokens(
  tx: Transaction,
  session: SessionRow,
  roles: readonly Role[],
  now: Date,
): Promise<SessionTokens> {
  const expiresAt = new Date(session.expiresAt);
  // The id in front lets the anti-forgery token be checked before the database is asked.
  const refreshToken = `${session.id}.${createToken()}`;
  await tx
    .insert(refreshTokens)
    .values({ tokenHash: hashToken(refreshToken), sessionId: session.id, createdAt: now.toISOString() });
  const { accessToken, expiresIn } = await issueAccessToken(actorOf(session, roles), now, expiresAt);
  return {
    accessToken,
    tokenType: 'Bearer',
    expiresIn,
    refreshToken,
    refreshExpiresIn: Math.floor((expiresAt.getTime() - now.getTime()) / 1000),
    csrfToken: csrfTokenOf(session.id),
  };
}

/** A transaction that issues tokens: the signing key is at hand before it begins, so that it never waits for a second connection. */
export async function withSigningTransaction<T>(
  ctx: Context<UserActor | undefined>,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  await getSigner(ctx.now);
  return withTransaction(ctx, work);
}

/** Who acts with a token of the session. */
export function actorOf(session: SessionRow, roles: readonly Role[]) {
  return {
    type: 'user',
    userId: session.userId,
    organizationId: session.organizationId,
    roles,
    session: {
      id: session.id,
      generation: session.generation,
      authenticatedAtSeconds: Math.floor(Date.parse(session.authenticatedAt) / 1000),
    },
  } satisfies UserActor;
}

/** The session that a refresh token claims to belong to. */
export function sessionIdOf(refreshToken: string): string {
  return refreshToken.split('.', 1)[0] ?? '';
}
