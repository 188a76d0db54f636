import type postgres from 'postgres';
import type { Context } from '#lib/context.ts';
import { listProjects } from '#lib/projects/list-projects.ts';
import { ListProjectsQuery, projectSorts } from '#lib/projects/schemas.ts';
import { selectNear, selectRare } from '#lib/projects/search-page.ts';
import { type Position, selectPage, sortFieldOf } from '#lib/projects/select-page.ts';
import { listFilters } from './filters.ts';
import { median, printTable } from './measure.ts';

interface Plan {
  readonly 'Node Type': string;
  readonly 'Plan Rows': number;
  readonly Plans?: readonly Plan[];
}

// To sort what fits on the largest page is as good as to walk, and the planner may choose.
const smallSortRows = 101;

/** Every sort with every filter, the first page and a deep one. Returns what ADR 0011 does not allow. */
export async function checkPlans(
  ctx: Context,
  sql: postgres.Sql,
  positions: Record<string, Position>,
): Promise<string[]> {
  const broken: string[] = [];
  const lines = [];
  for (const [name, filter] of Object.entries(await listFilters(sql))) {
    const times: [number, string][] = [];
    const sorting: string[] = [];
    for (const sort of projectSorts) {
      const query = ListProjectsQuery.parse({ sort, ...filter });
      const { sorts, faults } = await examine(ctx, sql, query, positions[sort]);
      if (sorts) sorting.push(sort);
      broken.push(...faults.map((fault) => `by ${sort}, filter "${name}": ${fault}`));
      times.push([await median(() => listProjects(ctx, query), 5, 1), sort]);
    }
    times.sort(([a], [b]) => a - b);
    const [[quickest] = [0], [slowest, slowestSort] = [0, '']] = [times[0], times.at(-1)];
    lines.push([name, quickest, slowest, slowestSort, sorting.join(' ')]);
  }
  printTable(['filter', 'quickest sort (ms)', 'slowest sort (ms)', 'which', 'sorts by'], lines);
  return broken;
}

async function examine(
  ctx: Context,
  sql: postgres.Sql,
  query: ListProjectsQuery,
  deep: Position | undefined,
): Promise<{ sorts: boolean; faults: string[] }> {
  const faults = new Set<string>();
  let sorts = false;
  for (const { select, maySort } of await selectsOf(ctx, query, deep)) {
    const nodes = await explain(sql, select.toSQL());
    const sortNodes = nodes.filter((node) => /Sort$/.test(node['Node Type']));
    sorts ||= sortNodes.length > 0;
    if (!maySort && sortNodes.some((node) => node['Plan Rows'] > smallSortRows)) faults.add('sorts');
    if (nodes.some((node) => node['Node Type'] === 'Seq Scan')) faults.add('reads the whole table');
  }
  return { sorts, faults: [...faults] };
}

/** The statements that listProjects sends for the first page and for the one behind `deep`, and whether they may sort. */
async function selectsOf(ctx: Context, query: ListProjectsQuery, deep: Position | undefined) {
  const maySort = hasRangeOfAnotherColumn(query);
  if (!query.tag && !query.q)
    return [undefined, deep].map((position) => ({ select: selectPage(ctx, query, position), maySort }));
  const selects = [];
  for (const position of [undefined, deep]) {
    const near = selectNear(ctx, query, position);
    selects.push({ select: near, maySort });
    const isFilled = (await near).length > query.limit;
    if (!isFilled) selects.push({ select: selectRare(ctx, query, position), maySort: true });
  }
  return selects;
}

function hasRangeOfAnotherColumn(query: ListProjectsQuery): boolean {
  const field = sortFieldOf(query.sort);
  return Boolean(
    (field !== 'createdAt' && (query.createdAfter || query.createdBefore)) ||
      (field !== 'updatedAt' && (query.updatedAfter || query.updatedBefore)),
  );
}

async function explain(sql: postgres.Sql, { sql: text, params }: { sql: string; params: unknown[] }) {
  const [row] = await sql.unsafe(`explain (format json) ${text}`, params as never[]);
  return nodesOf(row?.['QUERY PLAN'][0].Plan);
}

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}
