import { and, eq, gt, isNull } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Actor } from '#lib/auth/actor.ts';
import { hashToken } from '#lib/auth/hash-token.ts';
import type { Context } from '#lib/context.ts';
import { invitations } from '#lib/db/schema/invitations.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';

/** Makes a user a member by the invitation that was mailed to their address; `invitation_invalid` for any other token. */
export function acceptInvitation(
  ctx: Context<Actor | undefined>,
  { token, userId, email }: { token: string; userId: string; email: string },
): Promise<void> {
  const at = ctx.now.toISOString();
  return withTransaction(ctx, async (tx) => {
    const [invitation] = await tx
      .update(invitations)
      .set({ acceptedAt: at })
      .where(
        and(
          eq(invitations.tokenHash, hashToken(token)),
          eq(invitations.email, email),
          isNull(invitations.acceptedAt),
          isNull(invitations.revokedAt),
          gt(invitations.expiresAt, at),
        ),
      )
      .returning();
    if (!invitation) throw new AppError('invitation_invalid', 'The invitation is not open any more');
    const { id, organizationId, role } = invitation;
    await tx.insert(memberships).values({ organizationId, userId, role }).onConflictDoNothing();
    await recordAuditEvent(
      tx,
      { ...ctx, actor: { type: 'user', userId, organizationId, roles: [role], session: undefined } },
      { action: 'invitation.accept', entityId: id },
    );
  });
}
