import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { prepareOnce } from '#lib/db/prepare-once.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import type { ListProjectsQuery } from './schemas.ts';
import { selectInOrder } from './select-page.ts';

// By order and size: at most 600 of them.
const firstPages = new Map<string, ReturnType<typeof prepareFirstPage>>();

/** What selectPage selects of a list without filters and cursor, which is what most ask for: its SQL is built once. */
export function selectFirstPage(ctx: Context, { sort, limit }: Pick<ListProjectsQuery, 'sort' | 'limit'>) {
  const key = `${sort} ${limit}`;
  const page = firstPages.get(key) ?? prepareFirstPage(sort, limit);
  firstPages.set(key, page);
  return page(getDatabase(ctx)).execute({ organizationId: ctx.actor.organizationId });
}

function prepareFirstPage(sort: ListProjectsQuery['sort'], limit: number) {
  const condition = and(
    eq(projects.organizationId, sql.placeholder('organizationId')),
    isNull(projects.deletedAt),
  );
  return prepareOnce((database) =>
    selectInOrder(database, sort, undefined, condition, limit + 1).prepare('first_page_of_projects'),
  );
}
