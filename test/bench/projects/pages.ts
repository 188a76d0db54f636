import type postgres from 'postgres';
import type { Context } from '#lib/context.ts';
import { readProjectStats } from '#lib/projects/read-project-stats.ts';
import { ListProjectsQuery, projectSorts } from '#lib/projects/schemas.ts';
import { type Position, selectPage, sortFieldOf } from '#lib/projects/select-page.ts';
import { median, printTable, timeInTurn } from './measure.ts';
import { organizationId } from './million.ts';

const columns = { createdAt: 'created_at', updatedAt: 'updated_at', name: 'name collate "C"' };

/** The last row of page 10,000 in each order. */
export async function findDeepPositions(sql: postgres.Sql): Promise<Record<string, Position>> {
  const positions: Record<string, Position> = {};
  for (const sort of projectSorts) {
    const column = columns[sortFieldOf(sort)];
    const direction = sort.startsWith('-') ? 'desc' : 'asc';
    const [row] = await sql.unsafe(
      `select (${column})::text as key, id from projects where organization_id = $1 and deleted_at is null
       order by ${column} ${direction}, id ${direction} offset 250000 limit 1`,
      [organizationId],
    );
    positions[sort] = [row?.key, row?.id];
  }
  return positions;
}

/** Page 10,000 costs at most 1.2 times page 1. */
export async function measurePages(ctx: Context, positions: Record<string, Position>): Promise<void> {
  const lines = [];
  for (const sort of projectSorts) {
    const query = ListProjectsQuery.parse({ sort });
    const pages = [() => selectPage(ctx, query), () => selectPage(ctx, query, positions[sort])];
    const [first, deep] = (await timeInTurn(pages, 101)).map(({ p50 }) => p50);
    if (first && deep) lines.push([sort, first, deep, deep / first]);
  }
  printTable(['sort', 'page 1 (ms)', 'page 10,000 (ms)', 'ratio'], lines);
}

/** At most 10 ms. */
export async function measureStats(ctx: Context, sql: postgres.Sql): Promise<void> {
  const stats = await median(() => readProjectStats(ctx), 51);
  const recount = await median(
    () =>
      sql`select status, count(*) from projects where organization_id = ${organizationId} and deleted_at is null group by status`,
    5,
  );
  printTable(['statistics (ms)', 'counting the rows by status alone (ms)'], [[stats, recount]]);
}
