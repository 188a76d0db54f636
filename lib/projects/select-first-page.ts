import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { prepareOnce } from '#lib/db/prepare-once.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import type { ListProjectsQuery } from './schemas.ts';
import { selectInOrder } from './select-page.ts';

type FirstPage = ReturnType<typeof prepareFirstPage>;

// By order and size: at most 600 of them.
const firstPages = prepareOnce(() => new Map<string, FirstPage>());

/** What selectPage selects of a list without filters and cursor, which is what most ask for: its SQL is built once. */
export function selectFirstPage(ctx: Context, { sort, limit }: Pick<ListProjectsQuery, 'sort' | 'limit'>) {
  const known = firstPages(getDatabase(ctx));
  const key = `${sort} ${limit}`;
  const page = known.get(key) ?? prepareFirstPage(ctx, sort, limit);
  known.set(key, page);
  return page.execute({ organizationId: ctx.actor.organizationId });
}

function prepareFirstPage(ctx: Context, sort: ListProjectsQuery['sort'], limit: number) {
  const condition = and(
    eq(projects.organizationId, sql.placeholder('organizationId')),
    isNull(projects.deletedAt),
  );
  return selectInOrder(ctx, sort, undefined, condition, limit + 1).prepare('first_page_of_projects');
}
