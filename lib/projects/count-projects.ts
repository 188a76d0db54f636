import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { passesFilter } from './project-filter.ts';
import type { ProjectFilter } from './schemas.ts';

type Plan = { 'QUERY PLAN': { Plan: { 'Plan Rows': number } }[] };

/** How many projects pass the filter: counted, or as PostgreSQL's planner estimates without reading them. */
export async function countProjects(
  ctx: Context,
  filter: ProjectFilter,
  kind: 'exact' | 'estimated',
): Promise<number> {
  const database = getDatabase(ctx);
  const condition = passesFilter(ctx, filter);
  if (kind === 'exact') return database.$count(projects, condition);
  const select = database.select({ id: projects.id }).from(projects).where(condition);
  const [row] = await database.execute<Plan>(sql`explain (format json) ${select.getSQL()}`);
  return row?.['QUERY PLAN'][0]?.Plan['Plan Rows'] ?? 0;
}
