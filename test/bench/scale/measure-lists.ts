import postgres from 'postgres';
import { migrateDatabase } from '#drizzle/migrate.ts';
import type { Context } from '#lib/context.ts';
import type { ListProjectsQuery } from '#lib/projects/schemas.ts';
import { type Line, note, noteRatio } from '#test/bench/outcome.ts';
import { median, printTable } from '#test/bench/projects/measure.ts';
import { loadProjects, organizationId, ownerIds } from '#test/bench/projects/million.ts';

const [userId = '', aSixtieth = ''] = [ownerIds[0], ownerIds.at(-2)];
const ctx: Context = {
  actor: { type: 'user', userId, organizationId, roles: ['owner'] } as never,
  requestId: 'bench',
  now: new Date(),
  signal: new AbortController().signal,
};
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

/** What lists, filters, sorts, search, statistics and single rows cost at each size of an organization, through the verbs. */
export async function measureLists(url: string, sizes: readonly number[], runs: number): Promise<void> {
  const times = new Map<string, [size: number, ms: number][]>();
  for (const size of sizes) {
    await recreate(url);
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    await loadProjects(sql, size);
    for (const [name, work] of Object.entries(await worksOf(sql)))
      times.set(name, [...(times.get(name) ?? []), [size, await median(work, runs)]]);
    await sql.end();
    const { closePool } = await import('#lib/db/client.ts');
    await closePool(1);
  }
  report(times, sizes, runs);
}

async function worksOf(sql: postgres.Sql): Promise<Record<string, () => Promise<unknown>>> {
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
  const [row] = await sql`select id from projects order by created_at limit 1`;
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
    'page behind the middle': await middleOf(sql, listProjects, Query),
    statistics: () => readProjectStats(ctx),
  };
}

async function middleOf(
  sql: postgres.Sql,
  listProjects: (ctx: Context, query: ListProjectsQuery) => Promise<unknown>,
  Query: { parse(query: object): ListProjectsQuery },
): Promise<() => Promise<unknown>> {
  const { sealCursor } = await import('#lib/pagination/cursor.ts');
  const [row] = await sql`
    select created_at::text as key, id from projects order by created_at desc, id desc
    offset (select count(*) / 2 from projects) limit 1`;
  const { cursor: _, limit: __, count: ___, ...listed } = Query.parse({});
  const scope = ['projects', organizationId, Object.entries(listed).sort()];
  const query = Query.parse({ cursor: sealCursor(scope, [row?.key, row?.id]) });
  return () => listProjects(ctx, query);
}

async function recreate(url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  const admin = postgres(url.replace(/\/[^/]*$/, '/postgres'), { max: 1, onnotice: () => {} });
  await admin.unsafe(`drop database if exists ${name} with (force)`);
  await admin.unsafe(`create database ${name}`);
  await admin.end();
  await migrateDatabase(url);
}

function report(
  times: ReadonlyMap<string, [number, number][]>,
  sizes: readonly number[],
  runs: number,
): void {
  console.log('### Cost by size of an organization\n');
  printTable(
    [
      `ms, median of ${runs}; projects:`,
      ...sizes.map((size) => size.toLocaleString('en')),
      'largest of smallest',
    ],
    [...times].map(([name, points]) => [name, ...points.map(([, ms]) => ms), growth(points)]),
  );
  for (const name of ['newest first', 'page behind the middle', 'statistics', 'read one'])
    noteRatio(`scale: ${name}, largest of smallest`, growth(times.get(name) ?? []));
  const lines: Line[] = plotted.map((label) => ({ label, points: times.get(label) ?? [] }));
  note({
    kind: 'lines',
    file: 'scale-lists',
    title: 'Time of an operation, ms',
    xTitle: 'projects of the organization',
    lines,
  });
}

function growth(points: readonly [number, number][]): number {
  return (points.at(-1)?.[1] ?? Number.NaN) / (points[0]?.[1] ?? Number.NaN);
}
