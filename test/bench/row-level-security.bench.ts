import { type AddressInfo, createServer, connect as openSocket, type Server } from 'node:net';
import { join } from 'node:path';
import postgres from 'postgres';
import { migrateDatabase } from '#drizzle/migrate.ts';
import { startPostgres } from '#lib/local/postgres.ts';
import { makeFolder, removeFolder } from './leftovers.ts';

// ADR 0012: what row-level security costs a read by id, a transaction and the lists. One connection each, in turn, same run.
const organizationIds = [1, 2, 3].map((n) => `01980000-0000-7000-8000-00000000000${n}`);
const [organizationId = ''] = organizationIds;
const userId = '01980000-0000-7000-8000-00000000000a';
const rowsEach = 100_000;
// The owner of the tables is the plain application of today; this role is under the policy.
const limitedUrl = (url: string) => url.replace('plinth:plinth@', 'limited:limited@');

const byId = 'select * from projects where id = $1 and organization_id = $2';
const setFor = (isLocal: boolean) => `select set_config('app.organization_id', $1, ${isLocal})`;
const prepared = { prepare: true } as const;

const folder = makeFolder();
const settings = { fsync: 'off', synchronous_commit: 'off', shared_buffers: '512MB', max_wal_size: '4GB' };
const server = await startPostgres({ dataDir: join(folder, 'postgres'), settings });
try {
  await migrateDatabase(server.url);
  const admin = postgres(server.url, { max: 1, onnotice: () => {} });
  await load(admin);
  await compareReads('on this machine', server.url, 2_000);
  const far = await startDelay(server.port);
  await compareReads('1 ms away', server.url.replace(/:\d+\//, `:${far.port}/`), 200, far.countTurns);
  far.proxy.close();
  await compareLists(admin);
  await admin.end();
} finally {
  await server.stop();
  removeFolder(folder);
}

async function load(sql: postgres.Sql): Promise<void> {
  await sql`insert into users (id, email, name, password_hash) values (${userId}, 'bench@example.com', 'Bench', '!')`;
  for (const id of organizationIds) {
    await sql`insert into organizations (id, name) values (${id}, 'Bench')`;
    await sql`insert into memberships (organization_id, user_id, role) values (${id}, ${userId}, 'owner')`;
  }
  const indexes = await sql`
    select indexname, indexdef from pg_indexes where tablename = 'projects' and indexname <> 'projects_pkey'`;
  for (const { indexname } of indexes) await sql.unsafe(`drop index ${indexname}`);
  await sql`
    insert into projects (id, organization_id, owner_id, name, slug, description, status, tags, metadata, created_at, updated_at)
    select gen_random_uuid(), (${organizationIds}::uuid[])[1 + n % 3], ${userId}, 'Project ' || md5(n::text) || ' ' || n, 'p' || n, '',
      (array['active', 'active', 'active', 'paused', 'completed', 'archived'])[1 + n / 3 % 6], array['tag' || n / 3 % 5000], '{}',
      now() - make_interval(mins => n / 2), now() - make_interval(secs => n * 7 % 9000000)
    from generate_series(1, ${rowsEach * organizationIds.length}) n`;
  for (const { indexdef } of indexes) await sql.unsafe(indexdef);
  await sql.unsafe(`
    create role limited login password 'limited';
    grant select, insert, update on projects to limited;
    alter table projects enable row level security;
    create policy one_organization on projects
      using (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)`);
  await sql`vacuum analyze projects`;
}

/** Reads one project by id in every way that was considered; `countTurns` says how often the client waited so far. */
async function compareReads(where: string, url: string, runs: number, countTurns = () => 0): Promise<void> {
  const plain = postgres(url, { max: 1, fetch_types: false });
  const limited = postgres(limitedUrl(url), { max: 1, fetch_types: false });
  const ids = (
    await plain`select id from projects where organization_id = ${organizationId} order by id limit 500`
  ).map(({ id }): string => id);
  // Also opens the connection: `reserve` of postgres.js 3.4.9 waits for ever for a closed one when `fetch_types` is off.
  if ((await limited`select from projects limit 1`).length > 0) throw new Error('the policy hides nothing');
  const inOneTransaction = async (id: string, options?: typeof prepared) => {
    const connection = await limited.reserve();
    try {
      const answers = await Promise.allSettled([
        connection.unsafe('begin'),
        connection.unsafe(setFor(true), [organizationId], options),
        connection.unsafe(byId, [id, organizationId], options),
        connection.unsafe('commit'),
      ]);
      return (answers[2] as PromiseFulfilledResult<postgres.RowList<postgres.Row[]>>).value;
    } finally {
      connection.release();
    }
  };
  const ways: Record<string, (id: string) => PromiseLike<ArrayLike<unknown>>> = {
    '1 no policy, unnamed statement (Drizzle today)': (id) => plain.unsafe(byId, [id, organizationId]),
    '1 no policy, prepared': (id) => plain.unsafe(byId, [id, organizationId], prepared),
    '2 policy, set_config for the session ahead, prepared': async (id) => {
      const set = limited.unsafe(setFor(false), [organizationId], prepared);
      const read = limited.unsafe(byId, [id, organizationId], prepared);
      return (await Promise.all([set, read]))[1];
    },
    '3 policy, BEGIN to COMMIT at once, prepared': (id) => inOneTransaction(id, prepared),
    '3 policy, BEGIN to COMMIT at once, unnamed': (id) => inOneTransaction(id),
    '4 policy, a transaction, one await each, prepared': (id) =>
      limited.begin(async (tx) => {
        await tx.unsafe(setFor(true), [organizationId], prepared);
        return tx.unsafe(byId, [id, organizationId], prepared);
      }),
    '5 policy, one simple message, values as literals': async (id) => {
      const set = setFor(true).replace('$1', `'${organizationId}'`);
      const read = byId.replace('$1', `'${id}'`).replace('$2', `'${organizationId}'`);
      return ((await limited.unsafe(`${set}; ${read}`)) as unknown as ArrayLike<unknown>[])[1] ?? [];
    },
    'transaction of today: lock a row, unnamed': (id) =>
      plain.begin((tx) => tx.unsafe(`${byId} for update`, [id, organizationId])),
    'the same under the policy, set_config sent with the lock': (id) =>
      limited.begin(async (tx) => {
        const set = tx.unsafe(`select set_config('app.organization_id', '${organizationId}', true)`);
        return (await Promise.all([set, tx.unsafe(`${byId} for update`, [id, organizationId])]))[1];
      }),
  };
  const times = new Map(Object.keys(ways).map((name) => [name, { ms: [] as number[], turns: 0 }]));
  for (let run = -20; run < runs; run++)
    for (const [name, read] of Object.entries(ways)) {
      const [before, turns] = [performance.now(), countTurns()];
      const rows = await read(ids[(run + 20) % ids.length] ?? '');
      const ms = performance.now() - before;
      if (rows.length !== 1) throw new Error(`${name}: ${rows.length} rows`);
      const taken = times.get(name);
      if (run < 0 || !taken) continue;
      taken.ms.push(ms);
      taken.turns += countTurns() - turns;
    }
  console.log(`\n| by id, PostgreSQL ${where} | p50 ms | p99 ms | round trips |\n| --- | --- | --- | --- |`);
  for (const [name, { ms, turns }] of times) {
    const sorted = ms.sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(sorted.length * share)]?.toFixed(3);
    console.log(`| ${name} | ${at(0.5)} | ${at(0.99)} | ${turns === 0 ? '' : (turns / runs).toFixed(1)} |`);
  }
  await Promise.all([plain.end(), limited.end()]);
}

/** The lists of the application, page 1 and a late one, as the owner and under the policy. */
async function compareLists(plain: postgres.Sql): Promise<void> {
  Object.assign(process.env, { PLINTH_STAGE: 'test', DATABASE_URL: server.url });
  Object.assign(process.env, {
    UPSTASH_REDIS_REST_URL: 'http://localhost',
    UPSTASH_REDIS_REST_TOKEN: 'none',
  });
  const { createSecret } = await import('#lib/local/create-secret.ts');
  process.env.AUTH_SECRET = createSecret();
  const { selectPage } = await import('#lib/projects/select-page.ts');
  const { ListProjectsQuery } = await import('#lib/projects/schemas.ts');
  const actor = { type: 'user', userId, organizationId, roles: ['owner'], session: undefined } as const;
  const ctx = { actor, requestId: 'bench', now: new Date(), signal: new AbortController().signal };
  const limited = postgres(limitedUrl(server.url), { max: 1, fetch_types: false });
  await limited.unsafe(setFor(false), [organizationId]);
  const cases: [string, object, string[]?][] = [
    ['-createdAt', {}],
    ['-createdAt, late', {}, ['2026-01-01T00:00:00Z', userId]],
    ['name', { sort: 'name' }],
    ['name, late', { sort: 'name' }, ['Project a', userId]],
    ['-createdAt, status', { status: 'paused' }],
    ['updatedAt, created after', { sort: 'updatedAt', createdAfter: '2026-01-01T00:00:00Z' }],
    ['-createdAt, tag', { tag: 'tag77' }],
    ['-createdAt, q', { q: 'ject 4242' }],
    ['name, q', { sort: 'name', q: 'a1b2c3' }],
  ];
  console.log('\n| list | role | p50 ms | plan | index condition |\n| --- | --- | --- | --- | --- |');
  for (const [name, query, position] of cases) {
    const { sql, params } = selectPage(ctx, ListProjectsQuery.parse(query), position).toSQL();
    const [asOwner, underPolicy] = [[] as number[], [] as number[]];
    for (let run = 0; run < 31; run++)
      for (const [client, ms] of [[plain, asOwner] as const, [limited, underPolicy] as const]) {
        const before = performance.now();
        await client.unsafe(sql, params as never[]);
        ms.push(performance.now() - before);
      }
    for (const [role, client, ms] of [
      ['owner', plain, asOwner] as const,
      ['policy', limited, underPolicy] as const,
    ]) {
      const [plan] = await client.unsafe(`explain (format json) ${sql}`, params as never[]);
      const { nodes, conditions } = outline(plan?.['QUERY PLAN'][0].Plan);
      const median = ms.sort((a, b) => a - b)[15]?.toFixed(2);
      console.log(
        `| ${name} | ${role} | ${median} | ${nodes.join(' > ')} | ${conditions.join(' AND ').replaceAll(organizationId, '…')} |`,
      );
    }
  }
  await limited.end();
}

type Plan = { 'Node Type': string; 'Index Name'?: string; 'Index Cond'?: string; Plans?: Plan[] };

function outline(plan: Plan): { nodes: string[]; conditions: string[] } {
  const below = (plan.Plans ?? []).map(outline);
  return {
    nodes: [
      [plan['Node Type'], plan['Index Name']].filter(Boolean).join(' '),
      ...below.flatMap(({ nodes }) => nodes),
    ],
    conditions: [plan['Index Cond'] ?? [], below.flatMap(({ conditions }) => conditions)].flat(),
  };
}

/** A way to the server on which every answer takes 1 ms longer; counts how often the client sent after it had waited. */
async function startDelay(
  target: number,
): Promise<{ proxy: Server; port: number; countTurns: () => number }> {
  let turns = 0;
  const proxy = createServer({ noDelay: true }, (client) => {
    const upstream = openSocket({ port: target, host: '127.0.0.1', noDelay: true });
    let hasAnswered = true;
    client.on('data', (bytes) => {
      if (hasAnswered) turns += 1;
      hasAnswered = false;
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) =>
      setTimeout(() => {
        hasAnswered = true;
        client.write(bytes);
      }, 1),
    );
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return { proxy, port: (proxy.address() as AddressInfo).port, countTurns: () => turns };
}
