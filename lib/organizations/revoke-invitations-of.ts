import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { OrganizationRole } from '#lib/auth/permissions.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { invitations } from '#lib/db/schema/invitations.ts';
import { invitableRoles } from './invitable-roles.ts';
import type { Membership } from './lock-roles.ts';

/**
 * Revokes the open invitations of a member that his next role, or none, could not make: nobody comes back by one he sent
 * himself. Returns their ids, for the audit event of the change.
 */
export async function revokeInvitationsOf(
  tx: Transaction,
  ctx: Context,
  { userId, role }: Membership,
  nextRole?: OrganizationRole,
): Promise<string[] | undefined> {
  const kept = nextRole === undefined ? [] : invitableRoles(nextRole);
  const lost = invitableRoles(role).filter((candidate) => !kept.includes(candidate));
  if (lost.length === 0) return undefined;
  const revoked = await tx
    .update(invitations)
    .set({ revokedAt: sql`now()` })
    .where(
      and(
        eq(invitations.organizationId, ctx.actor.organizationId),
        eq(invitations.invitedBy, userId),
        inArray(invitations.role, lost),
        isNull(invitations.acceptedAt),
        isNull(invitations.revokedAt),
      ),
    )
    .returning({ id: invitations.id });
  return revoked.length > 0 ? revoked.map(({ id }) => id) : undefined;
}
