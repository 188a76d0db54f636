import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { migrateDatabase } from '#drizzle/migrate.ts';
import { createSecret } from '#lib/local/create-secret.ts';
import { startPostgres } from '#lib/local/postgres.ts';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';

// PRJ-7 and PRJ-12: lists and statistics at 1,000,000 projects of one organization, as ratios within one run.
const rows = 1_000_000;
const organizationId = '01980000-0000-7000-8000-0000000000f0';
const userId = '01980000-0000-7000-8000-00000000000a';

const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'));
// PostgreSQL runs as another user when this process is root.
chmodSync(folder, 0o755);
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  maintenance_work_mem: '512MB',
};
const server = await startPostgres({ dataDir: join(folder, 'postgres'), settings });
const redis = await startRedisEndpoint({ token: 'bench' });
try {
  await measure();
} finally {
  await redis.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  await migrateDatabase(server.url);
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  const loadedAt = performance.now();
  await load(sql);
  console.log(`${rows} projects loaded in ${((performance.now() - loadedAt) / 1000).toFixed(0)} s\n`);
  Object.assign(process.env, {
    PLINTH_STAGE: 'test',
    DATABASE_URL: server.url,
    UPSTASH_REDIS_REST_URL: redis.url,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
    AUTH_SECRET: createSecret(),
  });
  const { selectPage } = await import('#lib/projects/select-page.ts');
  const { getProjectStats } = await import('#lib/projects/get-project-stats.ts');
  const { ListProjectsQuery } = await import('#lib/projects/schemas.ts');
  const { closePool } = await import('#lib/db/client.ts');
  const ctx = {
    actor: { type: 'user', userId, organizationId, roles: ['owner'], session: undefined },
    requestId: 'bench',
    now: new Date(),
    signal: new AbortController().signal,
  } as const;

  console.log('| sort | page 1 (ms) | page 10,000 (ms) | ratio |\n| --- | --- | --- | --- |');
  for (const sort of ['createdAt', '-createdAt', 'updatedAt', '-updatedAt', 'name', '-name']) {
    const query = ListProjectsQuery.parse({ sort });
    const deep = await positionAt(sql, sort, 250_000);
    const [first, late] = await medians(
      () => selectPage(ctx, query),
      () => selectPage(ctx, query, deep),
    );
    console.log(`| ${sort} | ${first.toFixed(2)} | ${late.toFixed(2)} | ${(late / first).toFixed(2)} |`);
  }

  console.log('\n| sort | filter | plan | ms |\n| --- | --- | --- | --- |');
  const filters = [
    {},
    { status: 'paused' },
    { ownerId: userId },
    { tag: 'tag7' },
    { q: 'ject 4242' },
    { createdAfter: '2026-01-01T00:00:00Z' },
    { updatedBefore: '2026-01-01T00:00:00Z' },
  ];
  for (const sort of ['-createdAt', 'updatedAt', 'name'])
    for (const filter of filters) {
      const query = ListProjectsQuery.parse({ sort, ...filter });
      const { sql: text, params } = selectPage(ctx, query).toSQL();
      const [plan] = await sql.unsafe(`explain (format json) ${text}`, params as never[]);
      const ms = await median(() => selectPage(ctx, query), 5);
      console.log(
        `| ${sort} | ${JSON.stringify(filter)} | ${nodesOf(plan?.['QUERY PLAN'][0].Plan).join(' > ')} | ${ms.toFixed(2)} |`,
      );
    }

  const stats = await median(() => getProjectStats(ctx));
  const recount = await median(
    () =>
      sql`select status, count(*) from projects where organization_id = ${organizationId} and deleted_at is null group by status`,
    5,
  );
  console.log(
    `\nstatistics ${stats.toFixed(2)} ms; counting the rows by status alone ${recount.toFixed(1)} ms`,
  );
  await closePool(1);
  await sql.end();
}

async function load(sql: postgres.Sql): Promise<void> {
  await sql`insert into organizations (id, name) values (${organizationId}, 'Bench')`;
  await sql`insert into users (id, email, name, password_hash) values (${userId}, 'bench@example.com', 'Bench', '!')`;
  await sql`insert into memberships (organization_id, user_id, role) values (${organizationId}, ${userId}, 'owner')`;
  // Built once behind the rows instead of a million times before them.
  const indexes = await sql`
    select indexname, indexdef from pg_indexes where tablename = 'projects' and indexname <> 'projects_pkey'`;
  for (const { indexname } of indexes) await sql.unsafe(`drop index ${indexname}`);
  await sql`
    insert into projects (id, organization_id, owner_id, name, slug, description, status, tags, metadata, created_at, updated_at)
    select gen_random_uuid(), ${organizationId}, ${userId}, 'Project ' || md5(n::text) || ' ' || n, 'p' || n, '',
      (array['active', 'active', 'active', 'paused', 'completed', 'archived'])[1 + n % 6], array['tag' || n % 50], '{}',
      now() - make_interval(mins => n / 2), now() - make_interval(secs => n * 7 % 9000000)
    from generate_series(1, ${rows}) n`;
  for (const { indexdef } of indexes) await sql.unsafe(indexdef);
  await sql`vacuum analyze projects`;
}

async function positionAt(sql: postgres.Sql, sort: string, offset: number): Promise<string[]> {
  const column = { createdAt: 'created_at', updatedAt: 'updated_at', name: 'name collate "C"' }[
    sort.replace('-', '')
  ];
  const direction = sort.startsWith('-') ? 'desc' : 'asc';
  const [row] = await sql.unsafe(
    `select ${column?.split(' ')[0]}::text as key, id from projects where organization_id = $1 and deleted_at is null
     order by ${column} ${direction}, id ${direction} offset ${offset} limit 1`,
    [organizationId],
  );
  return [row?.key, row?.id];
}

async function median(work: () => PromiseLike<unknown>, runs = 51): Promise<number> {
  const [time] = await medians(work, work, runs);
  return time;
}

/** Medians in ms of two pieces of work, run in turn, so that both see the same machine. */
async function medians(
  one: () => PromiseLike<unknown>,
  other: () => PromiseLike<unknown>,
  runs = 51,
): Promise<[number, number]> {
  const times: [number[], number[]] = [[], []];
  for (let run = -3; run < runs; run++)
    for (const [index, work] of [one, other].entries()) {
      const before = performance.now();
      await work();
      if (run >= 0) times[index]?.push(performance.now() - before);
    }
  const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? 0;
  return [middle(times[0]), middle(times[1])];
}

function nodesOf(plan: { 'Node Type': string; 'Index Name'?: string; Plans?: never[] }): string[] {
  const name = plan['Index Name'] ? `${plan['Node Type']} ${plan['Index Name']}` : plan['Node Type'];
  return [name, ...(plan.Plans ?? []).flatMap(nodesOf)];
}
