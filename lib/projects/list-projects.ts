import type { Context } from '#lib/context.ts';
import { openCursor } from '#lib/pagination/cursor.ts';
import { toPage } from '#lib/pagination/to-page.ts';
import { countProjects } from './count-projects.ts';
import type { ListProjectsQuery, ProjectPage } from './schemas.ts';
import { searchPage } from './search-page.ts';
import { selectFirstPage } from './select-first-page.ts';
import { selectPage, sortFieldOf } from './select-page.ts';

/** One page of the organization's projects; stable while others are created, changed and deleted. */
export async function listProjects(ctx: Context, query: ListProjectsQuery): Promise<ProjectPage> {
  const { cursor, limit, count, ...listed } = query;
  const scope = ['projects', ctx.actor.organizationId, Object.entries(listed).sort()];
  const position = cursor === undefined ? undefined : openCursor(scope, cursor);
  // `sort` is always there.
  const isFirstOfAll = position === undefined && Object.keys(listed).length === 1;
  const select = query.tag || query.q ? searchPage : isFirstOfAll ? selectFirstPage : selectPage;
  const [rows, total] = await Promise.all([
    select(ctx, query, position),
    count && countProjects(ctx, listed, count),
  ]);
  const page = toPage(rows, limit, scope, (row) => [row[sortFieldOf(query.sort)], row.id]);
  return { ...page, ...(total !== undefined && { count: total }) };
}
