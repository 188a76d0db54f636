import { asc, eq } from 'drizzle-orm';
import type { Database } from '#lib/db/client.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { users } from '#lib/db/schema/users.ts';
import type { UserActor } from './actor.ts';
import { rolesOf } from './find-roles.ts';

/** A user as an actor in their oldest organization, where a log-in takes them; undefined for who is in none. */
export async function findHome(database: Database, userId: string): Promise<UserActor | undefined> {
  const [home] = await database
    .select({
      organizationId: memberships.organizationId,
      role: memberships.role,
      isOperator: users.isOperator,
    })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(eq(memberships.userId, userId))
    .orderBy(asc(memberships.createdAt))
    .limit(1);
  return (
    home && {
      type: 'user',
      userId,
      organizationId: home.organizationId,
      roles: rolesOf(home),
      session: undefined,
    }
  );
}
