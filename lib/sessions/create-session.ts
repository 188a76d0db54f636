import { v7 as uuidv7 } from 'uuid';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import { holdRolesOfLogin } from '#lib/auth/find-roles.ts';
import type { Context } from '#lib/context.ts';
import { sessions } from '#lib/db/schema/sessions.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { actorOf, issueTokens, withSigningTransaction } from './issue-tokens.ts';
import { absoluteSeconds } from './lifetime.ts';
import type { SessionTokens } from './schemas.ts';

/** Where a request comes from, as its sessions show it. */
export interface Client {
  readonly sourceIp: string;
  readonly userAgent: string;
}

interface NewSession {
  readonly userId: string;
  readonly organizationId: string;
  /** What the password was verified against. */
  readonly passwordHash: string | null;
  /** As in `amr` (RFC 8176): `pwd`, `otp`. */
  readonly authenticationMethods: readonly string[];
  readonly client: Client;
}

/**
 * Logs a person in who has proved who they are: a session of twelve hours at most, and its first tokens. Throws
 * `invalid_credentials` when the password or the membership has changed meanwhile.
 */
export function createSession(
  ctx: Context<undefined>,
  { userId, organizationId, passwordHash, authenticationMethods, client }: NewSession,
): Promise<SessionTokens> {
  const at = ctx.now.toISOString();
  return withSigningTransaction(ctx, async (tx) => {
    const roles = await holdRolesOfLogin(tx, { userId, organizationId, passwordHash });
    if (!roles) throw new AppError('invalid_credentials', 'Email or password is wrong');
    const [session] = await tx
      .insert(sessions)
      .values({
        id: uuidv7(),
        userId,
        organizationId,
        authenticationMethods: [...authenticationMethods],
        userAgent: client.userAgent,
        sourceIp: client.sourceIp,
        authenticatedAt: at,
        createdAt: at,
        lastUsedAt: at,
        expiresAt: new Date(ctx.now.getTime() + absoluteSeconds * 1000).toISOString(),
      })
      .returning();
    if (!session) throw new Error('the session was not stored');
    const actor = actorOf(session, roles);
    await recordAuditEvent(
      tx,
      { ...ctx, actor },
      {
        action: 'session.create',
        entityId: session.id,
        after: { userAgent: client.userAgent, sourceIp: client.sourceIp, authenticationMethods },
      },
    );
    return issueTokens(tx, session, roles, ctx.now);
  });
}
