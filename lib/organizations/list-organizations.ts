import { and, asc, eq, gt } from 'drizzle-orm';
import type { UserActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { organizations } from '#lib/db/schema/organizations.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { openCursor } from '#lib/pagination/cursor.ts';
import type { PageQuery } from '#lib/pagination/page-query.ts';
import { toPage } from '#lib/pagination/to-page.ts';
import type { OrganizationPage } from './schemas.ts';

/** One page of the organizations the actor is a member of, oldest first. */
export async function listOrganizations(
  ctx: Context<UserActor>,
  { cursor, limit }: PageQuery,
): Promise<OrganizationPage> {
  const scope = ['organizations', ctx.actor.userId];
  const [after] = cursor === undefined ? [] : openCursor(scope, cursor);
  const rows = await getDatabase(ctx)
    .select({ id: organizations.id, name: organizations.name, role: memberships.role })
    .from(memberships)
    .innerJoin(organizations, eq(organizations.id, memberships.organizationId))
    .where(
      and(
        eq(memberships.userId, ctx.actor.userId),
        after === undefined ? undefined : gt(organizations.id, after),
      ),
    )
    .orderBy(asc(organizations.id))
    .limit(limit + 1);
  return toPage(rows, limit, scope, ({ id }) => [id]);
}
