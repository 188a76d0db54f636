import { and, eq, isNotNull } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { users } from '#lib/db/schema/users.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import type { Actor, SystemActor } from './actor.ts';

/** Whether somebody who has confirmed this address is a member of the organization. */
export async function isMemberAddress(
  ctx: Context<Actor | SystemActor>,
  organizationId: string,
  email: string,
): Promise<boolean> {
  const rows = await getDatabase(ctx)
    .select({ userId: memberships.userId })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(
      and(
        eq(memberships.organizationId, organizationId),
        eq(users.email, email.toLowerCase()),
        isNotNull(users.emailVerifiedAt),
      ),
    );
  return rows.length > 0;
}
