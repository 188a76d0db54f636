import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { UserActor } from '#lib/auth/actor.ts';
import { findUsers } from '#lib/auth/find-users.ts';
import { hashToken } from '#lib/auth/hash-token.ts';
import type { Context } from '#lib/context.ts';
import { invitations } from '#lib/db/schema/invitations.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { getDatabase, withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { AcceptedInvitation } from './invitation-schemas.ts';

interface Acceptance {
  readonly token: string;
  readonly userId: string;
  /** The address of that account. */
  readonly email: string;
}

/**
 * Makes a user a member of the organization that invited the address, once; who is one already keeps the role. Throws
 * `invitation_invalid`, whatever the reason, when the token does not do for this address.
 */
export async function acceptInvitation(
  ctx: Context<UserActor | undefined>,
  { token, userId, email }: Acceptance,
): Promise<AcceptedInvitation> {
  return withTransaction(ctx, async (tx) => {
    const [invitation] = await tx
      .update(invitations)
      .set({ acceptedAt: sql`now()` })
      .where(
        and(
          eq(invitations.tokenHash, hashToken(token)),
          eq(invitations.email, email.toLowerCase()),
          isNull(invitations.acceptedAt),
          isNull(invitations.revokedAt),
          gt(invitations.expiresAt, ctx.now.toISOString()),
        ),
      )
      .returning();
    if (!invitation)
      throw new AppError('invitation_invalid', 'There is no such invitation for your address any more');
    const { id, organizationId } = invitation;
    const [member] = await tx
      .insert(memberships)
      .values({ organizationId, userId, role: invitation.role })
      .onConflictDoUpdate({
        target: [memberships.organizationId, memberships.userId],
        set: { role: sql`${memberships.role}` },
      })
      .returning({ role: memberships.role });
    if (!member) throw new Error('the membership was not stored');
    const { role } = member;
    const actor = { type: 'user', userId, organizationId, roles: [role], session: undefined } as const;
    await recordAuditEvent(
      tx,
      { ...ctx, actor },
      { action: 'invitation.accept', entityId: id, after: { userId, role } },
    );
    return { organizationId, role };
  });
}

/** The same for the actor, who goes on acting in the current organization. */
export async function acceptOwnInvitation(
  ctx: Context<UserActor>,
  token: string,
): Promise<AcceptedInvitation> {
  const { userId } = ctx.actor;
  const user = (await findUsers(getDatabase(ctx), [userId])).get(userId);
  if (!user) throw new AppError('unauthenticated', 'The account no longer exists');
  return acceptInvitation(ctx, { token, userId, email: user.email });
}
