import { drizzle } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { getConfig } from '#lib/config/get-config.ts';
import { runBeside } from '#lib/invocation.ts';
import { closeOnShutdown } from '#lib/runtime/shutdown.ts';
import { ConnectionPool, type PoolStatistics } from './connection-pool.ts';
import { type DrizzleClient, GuardedClient } from './guarded-client.ts';
import { ReplicaClient } from './replica-client.ts';

type Pool = ReturnType<typeof toDatabase>;
export type Transaction = Parameters<Parameters<Pool['transaction']>[0]>[0];
/** Where a statement runs: inside a transaction, or on a connection of its own. */
export type Database = Pool | Transaction;

// Of the 250 ms that a shutdown has: a statement under way may end in them, then its connection is cut.
const shutdownSeconds = 0.15;

let connectedTo: string | undefined;
let primary: ReturnType<typeof connectPrimary> | undefined;
let replica: { pool: ConnectionPool; database: Pool } | undefined;

/** The database of this process: one pool, connected on first use. */
export function getPool(): Pool {
  return getPrimary().database;
}

/** For reads that may be some seconds behind: the replica, or the primary where there is none. */
export function getReplicaPool(): Pool {
  const { DATABASE_REPLICA_URL: url } = getConfig();
  if (url === '') return getPool();
  leaveFormer();
  replica ??= connectReplica(url);
  return replica.database;
}

/** What the pool of the primary does now and has done so far. */
export function getPoolStatistics(): PoolStatistics {
  return getPrimary().pool.statistics();
}

/** Closes all connections after the statements under way, at most `timeoutSeconds` later; the next use connects anew. */
export async function closePool(timeoutSeconds: number): Promise<void> {
  const closing = [primary, replica];
  primary = undefined;
  replica = undefined;
  await Promise.all(closing.map((one) => one?.pool.close(timeoutSeconds)));
}

function getPrimary() {
  leaveFormer();
  primary ??= connectPrimary();
  return primary;
}

/** When another user, password or server is configured, what is under way may still end where it began. */
function leaveFormer(): void {
  const { DATABASE_URL, DATABASE_REPLICA_URL } = getConfig();
  const configured = `${DATABASE_URL} ${DATABASE_REPLICA_URL}`;
  if (configured === connectedTo) return;
  if (connectedTo !== undefined) runBeside(closePool(shutdownSeconds));
  connectedTo = configured;
}

function connectPrimary() {
  const { pool, types } = createPool(getConfig().DATABASE_URL);
  const client = new GuardedClient(pool, types);
  return { pool, client, database: toDatabase(client) };
}

function connectReplica(url: string) {
  const { pool, types } = createPool(url);
  const client = new GuardedClient(pool, types);
  return { pool, database: toDatabase(new ReplicaClient(client, getPrimary().client)) };
}

function toDatabase(client: DrizzleClient) {
  return drizzle(client as unknown as postgres.Sql, { casing: 'snake_case' });
}

function createPool(url: string) {
  closeOnShutdown('database', () => closePool(shutdownSeconds));
  const config = getConfig();
  const types = { parsers: {}, serializers: {} } as DrizzleClient['options'];
  const limits = {
    statement_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS,
    // A generic plan of a prepared statement knows no values, and would ruin searches and lists.
    plan_cache_mode: 'force_custom_plan',
  };
  const options = {
    prepare: config.DATABASE_PREPARE,
    // Longer than the pool keeps an idle one. postgres.js does not know our transactions: it must neither end one that idles for as long
    // as the server allows, nor one that is under way after its lifetime.
    idle_timeout: Math.max(120, Math.ceil(config.DATABASE_STATEMENT_TIMEOUT_MS / 1_000) + 1),
    max_lifetime: null,
    connect_timeout: 2,
    // Saves a query per connection; Drizzle parses arrays itself.
    fetch_types: false,
    onnotice: () => {},
    connection: {
      application_name: `plinth-${config.PLINTH_STAGE}`,
      TimeZone: 'UTC',
      // Transaction poolers refuse them: there they are settings of the role (docs/database.md).
      ...(config.DATABASE_PREPARE && limits),
    },
  } satisfies postgres.Options<Record<string, never>>;
  return { pool: new ConnectionPool({ url, options, types }, config.DATABASE_POOL_MAX), types };
}
