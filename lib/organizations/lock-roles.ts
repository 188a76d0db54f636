import { and, asc, eq, inArray, or } from 'drizzle-orm';
import { isAllowed, type OrganizationRole } from '#lib/auth/permissions.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { AppError } from '#lib/errors/app-error.ts';

export type Membership = Pick<typeof memberships.$inferSelect, 'userId' | 'role' | 'createdAt'>;

/** The memberships of these users and of all owners, which nobody else changes or ends until the transaction does. */
export function lockRoles(tx: Transaction, ctx: Context, userIds: readonly string[]): Promise<Membership[]> {
  return (
    tx
      .select({ userId: memberships.userId, role: memberships.role, createdAt: memberships.createdAt })
      .from(memberships)
      .where(
        and(
          eq(memberships.organizationId, ctx.actor.organizationId),
          or(eq(memberships.role, 'owner'), inArray(memberships.userId, [...userIds])),
        ),
      )
      // Always in one order, so that two changes do not wait for each other.
      .orderBy(asc(memberships.userId))
      .for('no key update')
  );
}

export function requireMember(members: readonly Membership[], userId: string): Membership {
  const member = members.find((candidate) => candidate.userId === userId);
  if (!member) throw new AppError('not_found', `There is no member ${userId}`);
  return member;
}

/** Throws `forbidden` unless the actor may manage members, by the role of now, and is an owner, in person, where owners are concerned. */
export function assertMayManage(
  { actor }: Context,
  members: readonly Membership[],
  ...concerned: readonly OrganizationRole[]
): void {
  const role = members.find(({ userId }) => userId === actor.userId)?.role;
  if (!role || !isAllowed({ ...actor, roles: [role] }, 'members:manage'))
    throw new AppError('forbidden', 'This needs the permission members:manage');
  if (concerned.includes('owner') && (role !== 'owner' || actor.type !== 'user'))
    throw new AppError('forbidden', 'Only an owner decides who is an owner');
}

/** Throws `last_owner` when the organization would be left without one. */
export function assertNotLastOwner(members: readonly Membership[], { userId }: Membership): void {
  const owners = members.filter(({ role }) => role === 'owner');
  if (owners.length === 1 && owners[0]?.userId === userId)
    throw new AppError('last_owner', 'The organization has no other owner');
}
