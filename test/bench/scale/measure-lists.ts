import postgres from 'postgres';
import type { Context } from '#lib/context.ts';
import type { ListProjectsQuery } from '#lib/projects/schemas.ts';
import { type Line, note, noteRatio } from '#test/bench/outcome.ts';
import { printTable } from '#test/bench/projects/measure.ts';
import { loadProjects, ownerIds } from '#test/bench/projects/million.ts';
import { quantile, shuffle, spreadOf } from '#test/bench/spread.ts';

const [userId = '', aSixtieth = ''] = [ownerIds[0], ownerIds.at(-2)];
const queries: Record<string, Partial<ListProjectsQuery>> = {
  'newest first': {},
  'oldest first': { sort: 'createdAt' },
  'by the last change': { sort: '-updatedAt' },
  'by name': { sort: 'name' },
  'status: a sixth': { status: 'paused' },
  'owner: a sixtieth': { ownerId: aSixtieth },
  'tag: a fiftieth': { tag: 'tag7' },
  'search: 4 %': { q: 'teea' },
  'search: 0.2 %': { q: 'tesa' },
  'search: nothing': { q: 'zzz' },
  'status and search': { status: 'paused', q: 'tesa' },
  'created in the last day': { createdAfter: new Date(Date.now() - 86_400_000).toISOString() },
  'count=estimated': { count: 'estimated' },
  'count=exact': { count: 'exact' },
};
const plotted = [
  'newest first',
  'by name',
  'status: a sixth',
  'tag: a fiftieth',
  'search: 0.2 %',
  'statistics',
  'read one',
  'count=exact',
];

// Enough for V8 to compile what all sizes share, and for the pages of each to be in memory.
const warmUps = 20;
// Whatever else the machine does only adds to a time; the very least is luck.
const leastShare = 0.1;

/** By name: milliseconds of each run, for each size. */
type Times = ReadonlyMap<string, ReadonlyMap<number, number[]>>;

/**
 * What lists, filters, sorts, search, statistics and single rows cost at each size of an organization, through the verbs. The organizations
 * are in one table, and take turns: what the first would pay for being the first is in none of them.
 */
export async function measureLists(url: string, sizes: readonly number[], runs: number): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  for (const size of sizes) await loadProjects(sql, size, organizationOf(size));
  const works = await Promise.all(
    sizes.map(async (size) => [size, await worksOf(sql, organizationOf(size))] as const),
  );
  const times = new Map<string, Map<number, number[]>>();
  for (const name of Object.keys(works[0]?.[1] ?? {})) {
    const ofName = new Map(sizes.map((size) => [size, [] as number[]]));
    for (let run = -warmUps; run < runs; run++)
      for (const [size, work] of shuffle(works)) {
        const before = performance.now();
        await work[name]?.();
        if (run >= 0) ofName.get(size)?.push(performance.now() - before);
      }
    times.set(name, ofName);
  }
  await sql.end();
  const { closePool } = await import('#lib/db/client.ts');
  await closePool(1);
  report(times, sizes, runs);
}

function organizationOf(size: number): string {
  return `01980000-0000-7000-8000-${String(size).padStart(12, '0')}`;
}

async function worksOf(
  sql: postgres.Sql,
  organizationId: string,
): Promise<Record<string, () => Promise<unknown>>> {
  const ctx: Context = {
    actor: { type: 'user', userId, organizationId, roles: ['owner'] } as never,
    requestId: 'bench',
    now: new Date(),
    signal: new AbortController().signal,
  };
  // Only now: what these import reads its settings when it is imported.
  const { listProjects } = await import('#lib/projects/list-projects.ts');
  const { getProject } = await import('#lib/projects/get-project.ts');
  const { createProject } = await import('#lib/projects/create-project.ts');
  const { readProjectStats } = await import('#lib/projects/read-project-stats.ts');
  const { ListProjectsQuery: Query } = await import('#lib/projects/schemas.ts');
  const lists = Object.entries(queries).map(([name, query]) => {
    const parsed = Query.parse(query);
    return [name, () => listProjects(ctx, parsed)] as const;
  });
  const [row] = await sql`
    select id from projects where organization_id = ${organizationId} order by created_at limit 1`;
  let created = 0;
  return {
    'read one': () => getProject(ctx, row?.id),
    'create one': () =>
      createProject(ctx, {
        name: 'New',
        slug: `new-${created++}`,
        description: '',
        status: 'active',
        tags: [],
        metadata: {},
      }),
    ...Object.fromEntries(lists),
    'page behind the middle': await middleOf(sql, ctx, listProjects, Query),
    statistics: () => readProjectStats(ctx),
  };
}

async function middleOf(
  sql: postgres.Sql,
  ctx: Context,
  listProjects: (ctx: Context, query: ListProjectsQuery) => Promise<unknown>,
  Query: { parse(query: object): ListProjectsQuery },
): Promise<() => Promise<unknown>> {
  const { organizationId } = ctx.actor;
  const { sealCursor } = await import('#lib/pagination/cursor.ts');
  const [row] = await sql`
    select created_at::text as key, id from projects where organization_id = ${organizationId} order by created_at desc, id desc
    offset (select count(*) / 2 from projects where organization_id = ${organizationId}) limit 1`;
  const { cursor: _, limit: __, count: ___, ...listed } = Query.parse({});
  const scope = ['projects', organizationId, Object.entries(listed).sort()];
  const query = Query.parse({ cursor: sealCursor(scope, [row?.key, row?.id]) });
  return () => listProjects(ctx, query);
}

function report(times: Times, sizes: readonly number[], runs: number): void {
  console.log('### Cost by size of an organization\n');
  const medians = (name: string) =>
    [...(times.get(name) ?? [])].map(([size, all]) => [size, quantile(all, 0.5)] as const);
  const cell = (all: readonly number[]) => {
    const { median, low, high } = spreadOf(all);
    return `${median.toFixed(1)} (${low.toFixed(1)} … ${high.toFixed(1)})`;
  };
  printTable(
    [
      `ms, median (quartiles) of ${runs}; projects:`,
      ...sizes.map((size) => size.toLocaleString('en')),
      'largest of smallest, lowest tenth',
    ],
    [...times].map(([name, bySize]) => [name, ...[...bySize.values()].map(cell), growth(bySize)]),
  );
  // Not of a read: one row of a table that holds all sizes says nothing about its size.
  for (const name of ['newest first', 'page behind the middle', 'statistics'])
    noteRatio(`scale: ${name}, largest of smallest`, growth(times.get(name) ?? new Map()));
  const lines: Line[] = plotted.map((label) => ({ label, points: medians(label) }));
  note({
    kind: 'lines',
    file: 'scale-lists',
    title: 'Time of an operation, ms',
    xTitle: 'projects of the organization',
    lines,
  });
}

function growth(bySize: ReadonlyMap<number, number[]>): number {
  const all = [...bySize.values()];
  return quantile(all.at(-1) ?? [], leastShare) / quantile(all[0] ?? [], leastShare);
}
