import { and, eq } from 'drizzle-orm';
import type { Database } from '#lib/db/client.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { users } from '#lib/db/schema/users.ts';

/** Whether the account with this address (in lower case) is a member of the organization. */
export async function isMemberByEmail(
  database: Database,
  { organizationId, email }: { organizationId: string; email: string },
): Promise<boolean> {
  const rows = await database
    .select({ userId: memberships.userId })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(and(eq(memberships.organizationId, organizationId), eq(users.email, email)));
  return rows.length > 0;
}
