import { and, eq } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { UserActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { reassignProjects } from '#lib/projects/reassign-projects.ts';
import { endSessions } from '#lib/sessions/end-sessions.ts';
import {
  assertMayManage,
  assertNotLastOwner,
  lockRoles,
  type Membership,
  requireMember,
} from './lock-roles.ts';
import type { MemberParams, RemoveMemberQuery } from './member-schemas.ts';
import { requireOwnOrganization } from './own-organization.ts';
import { revokeInvitationsOf } from './revoke-invitations-of.ts';

/**
 * Ends a membership, with its sessions, API keys and open invitations; another member gets the projects. Members may leave;
 * removing takes `members:manage`, and an owner where an owner goes. The last one cannot (`last_owner`).
 */
export async function removeMember(
  ctx: Context<UserActor>,
  { id, userId }: MemberParams,
  { projectsTo }: RemoveMemberQuery,
): Promise<void> {
  requireOwnOrganization(ctx, id);
  const { organizationId } = ctx.actor;
  const isLeaving = userId === ctx.actor.userId;
  const isTheirs = and(eq(memberships.organizationId, organizationId), eq(memberships.userId, userId));
  await withTransaction(ctx, async (tx) => {
    const members = await lockRoles(tx, ctx, [ctx.actor.userId, userId, projectsTo ?? userId]);
    if (!isLeaving) assertMayManage(ctx, members);
    const member = requireMember(members, userId);
    if (!isLeaving) assertMayManage(ctx, members, member.role);
    assertNotLastOwner(members, member);
    const heir = projectsTo ?? (isLeaving ? oldestOwner(members, userId) : ctx.actor.userId);
    assertMayInherit(members, userId, heir);
    // Unlike the lock of the roles it keeps new projects and sessions away from the membership, and waits for those under way.
    await tx.select({ userId: memberships.userId }).from(memberships).where(isTheirs).for('update');
    await reassignProjects(tx, ctx, { from: userId, to: heir });
    const revokedInvitations = await revokeInvitationsOf(tx, ctx, member);
    await endSessions(tx, { userId, organizationId }, ctx.now);
    await tx.delete(memberships).where(isTheirs);
    await recordAuditEvent(tx, ctx, {
      action: isLeaving ? 'member.leave' : 'member.remove',
      entityId: userId,
      before: { role: member.role },
      after: { projectsTo: heir, revokedInvitations },
    });
  });
}

function oldestOwner(members: readonly Membership[], leaverId: string): string {
  const [oldest] = members
    .filter(({ role, userId }) => role === 'owner' && userId !== leaverId)
    .sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  if (!oldest) throw new Error('an organization without an owner');
  return oldest.userId;
}

function assertMayInherit(members: readonly Membership[], userId: string, heir: string): void {
  if (heir !== userId && members.some((member) => member.userId === heir)) return;
  throw new AppError('validation_failed', 'The projects need another member of this organization', {
    errors: [
      {
        in: 'query',
        pointer: '/projectsTo',
        code: 'not_a_member',
        detail: 'must be another member of this organization',
      },
    ],
  });
}
