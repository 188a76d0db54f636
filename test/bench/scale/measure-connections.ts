import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { ConnectionError } from '#lib/db/connection-error.ts';
import { ConnectionPool } from '#lib/db/connection-pool.ts';
import { makeFolder, removeAtEnd, removeFolder } from '#test/bench/leftovers.ts';
import { breakPromise, note } from '#test/bench/outcome.ts';
import { printTable } from '#test/bench/projects/measure.ts';
import { quantile } from '#test/bench/spread.ts';
import { hasPgbouncer, startPgbouncer } from '#test/support/pgbouncer.ts';

export interface ConnectionSizes {
  readonly instances: readonly number[];
  readonly ratePerSecond: number;
  readonly seconds: number;
}

interface Row {
  readonly instances: number;
  readonly connections: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly failures: number;
}

const timeoutMs = 5_000;
const statement = `select id, name, version from projects where organization_id = $1 and deleted_at is null
  order by created_at desc, id desc limit 25`;
const organizationId = '01980000-0000-7000-8000-0000000000f0';
// Twice the cores and a few, as PgBouncer's own advice for what PostgreSQL can do at once.
const pooledConnections = 10;

/** Connections and latency of many instances, each with a pool of its own as on Lambda, but all in this process; the same rate for all of them together. */
export async function measureConnections(url: string, sizes: ConnectionSizes): Promise<void> {
  const direct: Row[] = [];
  for (const instances of sizes.instances)
    direct.push(await measureInstances(url, url, instances, sizes, true));
  report('directly', direct, sizes);
  if (!hasPgbouncer) return console.log('PgBouncer is not on PATH: nothing is measured through it.\n');
  const folder = makeFolder();
  const settings = { default_pool_size: pooledConnections, max_client_conn: 1_000 };
  const bouncer = await startPgbouncer(url, settings, folder);
  const isGone = removeAtEnd({ pid: bouncer.pid });
  try {
    const pooled: Row[] = [];
    for (const instances of sizes.instances)
      pooled.push(await measureInstances(bouncer.url, url, instances, sizes, false));
    report(`through PgBouncer with ${pooledConnections} connections`, pooled, sizes);
    note({
      kind: 'lines',
      file: 'scale-connections',
      title: `p99 ms of a page at ${sizes.ratePerSecond} statements per second`,
      xTitle: 'instances',
      lines: [
        { label: 'directly', points: direct.map(({ instances, p99 }) => [instances, p99]) },
        { label: 'through PgBouncer', points: pooled.map(({ instances, p99 }) => [instances, p99]) },
      ],
    });
  } finally {
    await bouncer.stop();
    isGone();
    removeFolder(folder);
  }
}

async function measureInstances(
  url: string,
  directUrl: string,
  instances: number,
  { ratePerSecond, seconds }: ConnectionSizes,
  prepare: boolean,
): Promise<Row> {
  const pools = Array.from({ length: instances }, () => createPool(url, prepare));
  const times: number[] = [];
  let failures = 0;
  const run = async (pool: ConnectionPool, due: number) => {
    try {
      const connection = await pool.acquire(timeoutMs);
      try {
        await connection.send(statement, [organizationId], true, timeoutMs);
      } finally {
        pool.release(connection);
      }
      times.push(performance.now() - due);
    } catch (error) {
      // A refused connection is what is counted here.
      if (!(error instanceof ConnectionError || (error as Error).name === 'PostgresError')) throw error;
      failures++;
    }
  };
  // Cold instances first: all of them connect.
  await Promise.all(pools.map((pool) => run(pool, performance.now())));
  times.length = 0;
  const watch = postgres(directUrl, { max: 1, onnotice: () => {} });
  const underWay: Promise<void>[] = [];
  const startedAt = performance.now();
  let connections = 0;
  for (let sent = 0; sent < ratePerSecond * seconds; ) {
    const due = startedAt + (sent * 1_000) / ratePerSecond;
    const early = due - performance.now();
    if (early > 0) {
      await sleep(early);
      continue;
    }
    underWay.push(run(pools[sent % instances] as ConnectionPool, due));
    if (++sent % ratePerSecond === 0) connections = Math.max(connections, await countConnections(watch));
  }
  await Promise.all(underWay);
  await watch.end();
  await Promise.all(pools.map((pool) => pool.close(1)));
  const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)];
  return { instances, connections, p50, p99, max: Math.max(...times), failures };
}

function createPool(url: string, prepare: boolean): ConnectionPool {
  const options = { prepare, fetch_types: false, onnotice: () => {}, connect_timeout: 5, max_lifetime: null };
  return new ConnectionPool({ url, options: options as never, types: { parsers: {}, serializers: {} } }, 1);
}

async function countConnections(sql: postgres.Sql): Promise<number> {
  const [row] = await sql`
    select count(*)::int as count from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
  return row?.count;
}

function report(how: string, rows: readonly Row[], { ratePerSecond, seconds }: ConnectionSizes): void {
  console.log(`### Instances and connections, ${how}\n`);
  printTable(
    [
      `instances, together ${ratePerSecond} pages per second for ${seconds} s`,
      'connections of PostgreSQL',
      'p50 ms',
      'p99 ms',
      'max ms',
      'refused',
    ],
    rows.map(({ instances, connections, p50, p99, max, failures }) => [
      String(instances),
      String(connections),
      p50,
      p99,
      max,
      String(failures),
    ]),
  );
  if (rows.some(({ failures }) => failures > 0)) breakPromise(`connections were refused ${how}.`);
}
