import { and, eq } from 'drizzle-orm';
import type { Database, Transaction } from '#lib/db/client.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { users } from '#lib/db/schema/users.ts';
import type { Role } from './permissions.ts';

interface MemberKey {
  readonly userId: string;
  readonly organizationId: string;
}

/** The roles a user holds in an organization now; undefined for who is no member. */
export async function findRoles(database: Database, key: MemberKey): Promise<Role[] | undefined> {
  const [member] = await selectMember(database, key);
  return member && rolesOf(member);
}

/** The same; neither the role nor the membership changes until the transaction ends. */
export async function holdRoles(tx: Transaction, key: MemberKey): Promise<Role[] | undefined> {
  const [member] = await selectMember(tx, key).for('share', { of: memberships });
  return member && rolesOf(member);
}

/** The same for a log-in, which the password was good for: undefined when it has been changed since it was verified, too. */
export async function holdRolesOfLogin(
  tx: Transaction,
  { passwordHash, ...key }: MemberKey & { readonly passwordHash: string | null },
): Promise<Role[] | undefined> {
  const [member] = await selectMember(tx, key).for('share');
  return member?.passwordHash === passwordHash ? rolesOf(member) : undefined;
}

function selectMember(database: Database, { userId, organizationId }: MemberKey) {
  return database
    .select({ role: memberships.role, isOperator: users.isOperator, passwordHash: users.passwordHash })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(and(eq(memberships.userId, userId), eq(memberships.organizationId, organizationId)));
}

export function rolesOf({ role, isOperator }: { role: Role; isOperator: boolean }): Role[] {
  return isOperator ? [role, 'operator'] : [role];
}
