import { and, eq, isNull, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { invitations } from '#lib/db/schema/invitations.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { InvitationParams } from './invitation-schemas.ts';
import { requireOwnOrganization } from './own-organization.ts';

/** Takes an open invitation back: its token stops working. `not_found` when there is none, or it was accepted. */
export async function revokeInvitation(ctx: Context, { id, invitationId }: InvitationParams): Promise<void> {
  requireOwnOrganization(ctx, id);
  const { actor } = ctx;
  await withTransaction(ctx, async (tx) => {
    const [revoked] = await tx
      .update(invitations)
      .set({ revokedAt: sql`now()` })
      .where(
        and(
          eq(invitations.id, invitationId),
          eq(invitations.organizationId, actor.organizationId),
          isNull(invitations.acceptedAt),
          isNull(invitations.revokedAt),
        ),
      )
      .returning();
    if (!revoked) throw new AppError('not_found', `There is no open invitation ${invitationId}`);
    if (revoked.role === 'owner' && (!actor.roles.includes('owner') || actor.type !== 'user'))
      throw new AppError('forbidden', 'Only an owner takes back the invitation of an owner');
    await recordAuditEvent(tx, ctx, {
      action: 'invitation.revoke',
      entityId: invitationId,
      before: { email: revoked.email, role: revoked.role },
    });
  });
}
