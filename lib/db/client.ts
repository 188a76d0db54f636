import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { getConfig } from '#lib/config/get-config.ts';
import { closeOnShutdown } from '#lib/runtime/shutdown.ts';

let connection: ReturnType<typeof connect> | undefined;

type Pool = ReturnType<typeof connect>['database'];
export type Transaction = Parameters<Parameters<Pool['transaction']>[0]>[0];
/** Where a statement runs: inside a transaction, or on a connection of its own. */
export type Database = Pool | Transaction;

/** The database of this process: one pool, connected on first use. */
export function getPool(): Pool {
  connection ??= connect();
  return connection.database;
}

/** Closes the pool after the queries under way, at most `timeoutSeconds` later; the next use connects anew. */
export async function closePool(timeoutSeconds: number): Promise<void> {
  const closing = connection;
  connection = undefined;
  await closing?.client.end({ timeout: timeoutSeconds });
}

// Of the 250 ms that a shutdown has: a statement under way may end in them, then its connection is cut.
const shutdownSeconds = 0.15;

function connect() {
  closeOnShutdown('database', () => closePool(shutdownSeconds));
  const config = getConfig();
  const client = postgres(config.DATABASE_URL, {
    max: config.DATABASE_POOL_MAX,
    prepare: config.DATABASE_PREPARE,
    // A connection that idles through a Lambda freeze can come back broken; short idling avoids most of it.
    idle_timeout: 2,
    connect_timeout: 2,
    // Saves a query per connection; Drizzle parses arrays itself.
    fetch_types: false,
    onnotice: () => {},
    connection: {
      application_name: `plinth-${config.PLINTH_STAGE}`,
      TimeZone: 'UTC',
      statement_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS,
    },
  });
  return { client, database: drizzle(client, { casing: 'snake_case' }) };
}
