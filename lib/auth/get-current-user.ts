import { and, eq } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { organizations } from '#lib/db/schema/organizations.ts';
import { users } from '#lib/db/schema/users.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { CurrentUser } from './schemas.ts';

/** The actor's own account and membership; `unauthenticated` once either is gone. */
export async function getCurrentUser(ctx: Context): Promise<CurrentUser> {
  const [user] = await getDatabase(ctx)
    .select({
      id: users.id,
      email: users.email,
      name: users.name,
      isOperator: users.isOperator,
      organization: { id: organizations.id, name: organizations.name, role: memberships.role },
    })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .innerJoin(organizations, eq(organizations.id, memberships.organizationId))
    .where(
      and(eq(memberships.userId, ctx.actor.userId), eq(memberships.organizationId, ctx.actor.organizationId)),
    );
  if (!user) throw new AppError('unauthenticated', 'The account no longer exists');
  return user;
}
