import { and, eq } from 'drizzle-orm';
import type { Database } from '#lib/db/client.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { users } from '#lib/db/schema/users.ts';
import type { Role } from './permissions.ts';

/** The roles a user holds in an organization now; undefined for who is no member. */
export async function findRoles(
  database: Database,
  { userId, organizationId }: { userId: string; organizationId: string },
): Promise<Role[] | undefined> {
  const [member] = await database
    .select({ role: memberships.role, isOperator: users.isOperator })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(and(eq(memberships.userId, userId), eq(memberships.organizationId, organizationId)));
  return member && rolesOf(member);
}

export function rolesOf({ role, isOperator }: { role: Role; isOperator: boolean }): Role[] {
  return isOperator ? [role, 'operator'] : [role];
}
