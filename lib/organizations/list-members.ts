import { and, asc, eq, gt } from 'drizzle-orm';
import { findUsers } from '#lib/auth/find-users.ts';
import type { Context } from '#lib/context.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { openCursor } from '#lib/pagination/cursor.ts';
import type { PageQuery } from '#lib/pagination/page-query.ts';
import { toPage } from '#lib/pagination/to-page.ts';
import type { MemberPage } from './member-schemas.ts';
import { requireOwnOrganization } from './own-organization.ts';

/** One page of the members of the organization the actor acts in, in the order of their ids. */
export async function listMembers(
  ctx: Context,
  id: string,
  { cursor, limit }: PageQuery,
): Promise<MemberPage> {
  requireOwnOrganization(ctx, id);
  const database = getDatabase(ctx);
  const scope = ['members', ctx.actor.organizationId];
  const [after] = cursor === undefined ? [] : openCursor(scope, cursor);
  const rows = await database
    .select({ userId: memberships.userId, role: memberships.role, createdAt: memberships.createdAt })
    .from(memberships)
    .where(
      and(
        eq(memberships.organizationId, ctx.actor.organizationId),
        after === undefined ? undefined : gt(memberships.userId, after),
      ),
    )
    .orderBy(asc(memberships.userId))
    .limit(limit + 1);
  const page = toPage(rows, limit, scope, ({ userId }) => [userId]);
  const users = await findUsers(
    database,
    page.items.map(({ userId }) => userId),
  );
  // An account that goes in between takes its membership along.
  const items = page.items.flatMap((member) => {
    const user = users.get(member.userId);
    return user ? [{ ...member, email: user.email, name: user.name }] : [];
  });
  return { ...page, items };
}
