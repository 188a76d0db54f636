import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';

// Any number will do, as long as every migrating process uses the same one.
const migrationLock = 7_021_986;
// A migration that waits longer, for another one or for a table, gives up and has changed nothing.
const lockTimeoutMs = 60_000;

/** Brings the database to the newest schema; two at once take turns. Returns how many migrations were applied. */
export async function migrateDatabase(databaseUrl: string): Promise<number> {
  const client = postgres(databaseUrl, {
    max: 1,
    connect_timeout: 5,
    connection: { lock_timeout: lockTimeoutMs },
    onnotice: () => {},
  });
  try {
    await client`select pg_advisory_lock(${migrationLock})`;
    const before = await countApplied(client);
    await migrate(drizzle(client), { migrationsFolder: import.meta.dirname });
    return (await countApplied(client)) - before;
  } finally {
    await client.end({ timeout: 1 });
  }
}

async function countApplied(client: postgres.Sql): Promise<number> {
  const [ledger] = await client`select to_regclass('drizzle.__drizzle_migrations') as name`;
  if (!ledger?.name) return 0;
  const [row] = await client`select count(*)::int as applied from drizzle.__drizzle_migrations`;
  return row?.applied;
}

if (import.meta.main) {
  const databaseUrl = process.env.DATABASE_URL;
  if (!databaseUrl) {
    console.error('Set DATABASE_URL to the database that should be migrated.');
    process.exit(1);
  }
  console.log(`${await migrateDatabase(databaseUrl)} migration(s) applied`);
}
