import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { migrateDatabase } from '#drizzle/migrate.ts';
import { users } from '#lib/db/schema/users.ts';
import { runInvocation } from '#lib/invocation.ts';
import { createSecret } from '#lib/local/create-secret.ts';
import { startPostgres } from '#lib/local/postgres.ts';
import { makeFolder, removeFolder } from './leftovers.ts';

// What a read by id costs through the guard (ADR 0016), beside postgres.js and Drizzle without it: taken in turn, in one run.
const folder = makeFolder();
const server = await startPostgres({ dataDir: join(folder, 'postgres') });
try {
  await measure();
} finally {
  await server.stop();
  removeFolder(folder);
}

async function measure(): Promise<void> {
  await migrateDatabase(server.url);
  Object.assign(process.env, {
    PLINTH_STAGE: 'test',
    DATABASE_URL: server.url,
    DATABASE_TIMEOUT_MS: '5000',
    UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:1',
    UPSTASH_REDIS_REST_TOKEN: 'unused',
    AUTH_SECRET: createSecret(),
  });
  const { closePool, getPool } = await import('#lib/db/client.ts');
  const options = { max: 1, fetch_types: false, onnotice: () => {} };
  const raw = postgres(server.url, options);
  // Drizzle changes how its client parses dates.
  const unguarded = postgres(server.url, options);
  const database = drizzle(unguarded, { casing: 'snake_case' });
  const rows = await raw`
    insert into users (id, email, name)
    select id, id || '@example.com', 'Bench' from (select gen_random_uuid() as id from generate_series(1, 1000)) as made
    returning id`;
  const ids: string[] = rows.map(({ id }) => id);
  const candidates: Record<string, (id: string) => Promise<unknown>> = {
    'postgres.js, prepared': async (id) => raw`select * from users where id = ${id}`,
    'postgres.js, not prepared': async (id) => raw.unsafe('select * from users where id = $1', [id]),
    'Drizzle on postgres.js': async (id) => database.select().from(users).where(eq(users.id, id)),
    'Drizzle on the guard': async (id) => getPool().select().from(users).where(eq(users.id, id)),
  };
  const timesUs = new Map(Object.keys(candidates).map((name) => [name, [] as number[]]));
  await runInvocation(600_000, false, async () => {
    for (const id of [...ids, ...ids, ...ids])
      for (const [name, read] of Object.entries(candidates)) {
        const startedAt = performance.now();
        await read(id);
        timesUs.get(name)?.push((performance.now() - startedAt) * 1_000);
      }
    await reconnect();
  });
  for (const [name, times] of timesUs) console.log(`${name.padEnd(28)}${describe(times, 'us')}`);
  await Promise.all([closePool(1), raw.end(), unguarded.end()]);

  /** After a pause the first statement makes a connection. */
  async function reconnect(): Promise<void> {
    const times: number[] = [];
    for (const id of ids.slice(0, 100)) {
      await closePool(0);
      const startedAt = performance.now();
      await candidates['Drizzle on the guard']?.(id);
      times.push(performance.now() - startedAt);
    }
    console.log(`${'first read on a new connection'.padEnd(28)} ${describe(times, 'ms')}`);
  }
}

function describe(times: number[], unit: string): string {
  // The first third warms up.
  const sorted = times.slice(times.length / 3).sort((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(unit === 'us' ? 0 : 1);
  return `p50 ${at(0.5).padStart(6)} ${unit}   p99 ${at(0.99).padStart(6)} ${unit}`;
}
