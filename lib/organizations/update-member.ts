import { and, eq } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import { findUsers } from '#lib/auth/find-users.ts';
import type { Context } from '#lib/context.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { renewSessions } from '#lib/sessions/end-sessions.ts';
import { assertMayManage, assertNotLastOwner, lockRoles, requireMember } from './lock-roles.ts';
import type { Member, MemberParams, UpdateMemberInput } from './member-schemas.ts';
import { requireOwnOrganization } from './own-organization.ts';
import { revokeInvitationsOf } from './revoke-invitations-of.ts';

/**
 * Gives a member another role, on every instance when it returns: tokens with the old one are refused. Only an owner makes or
 * unmakes owners, so that nobody raises themselves; the last one stays it (`last_owner`).
 */
export async function updateMember(
  ctx: Context,
  { id, userId }: MemberParams,
  { role }: UpdateMemberInput,
): Promise<Member> {
  requireOwnOrganization(ctx, id);
  const { organizationId } = ctx.actor;
  return withTransaction(ctx, async (tx) => {
    const members = await lockRoles(tx, ctx, [ctx.actor.userId, userId]);
    assertMayManage(ctx, members);
    const before = requireMember(members, userId);
    if (role !== before.role) {
      assertMayManage(ctx, members, before.role, role);
      assertNotLastOwner(members, before);
      await tx
        .update(memberships)
        .set({ role })
        .where(and(eq(memberships.organizationId, organizationId), eq(memberships.userId, userId)));
      const revokedInvitations = await revokeInvitationsOf(tx, ctx, before, role);
      await recordAuditEvent(tx, ctx, {
        action: 'member.update',
        entityId: userId,
        before: { role: before.role },
        after: { role, revokedInvitations },
      });
    }
    const user = (await findUsers(tx, [userId])).get(userId);
    if (!user) throw new Error('a member without an account');
    if (role !== before.role) await renewSessions(tx, { userId, organizationId }, ctx.now);
    return { ...before, role, email: user.email, name: user.name };
  });
}
