import { and, desc, eq, sql } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { errorGroups } from '#lib/db/schema/error-groups.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { openCursor } from '#lib/pagination/cursor.ts';
import { toPage } from '#lib/pagination/to-page.ts';
import type { ErrorGroupPage, ListErrorGroupsQuery } from './schemas.ts';

/** One page of the groups, last seen first. A group that is seen again meanwhile moves to the front. */
export async function listErrorGroups(
  ctx: Context,
  { state, cursor, limit }: ListErrorGroupsQuery,
): Promise<ErrorGroupPage> {
  const scope = ['error-groups', state ?? ''];
  const after = cursor === undefined ? undefined : openCursor(scope, cursor);
  const { id, lastSeenAt } = errorGroups;
  const rows = await getDatabase(ctx)
    .select()
    .from(errorGroups)
    .where(
      and(
        state && eq(errorGroups.state, state),
        after && sql`(${lastSeenAt}, ${id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(desc(lastSeenAt), desc(id))
    .limit(limit + 1);
  return toPage(rows, limit, scope, (row) => [row.lastSeenAt, row.id]) as ErrorGroupPage;
}
