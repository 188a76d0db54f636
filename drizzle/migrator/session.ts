import { setTimeout as sleep } from 'node:timers/promises';
import type postgres from 'postgres';
import { openClient } from '#lib/db/open-client.ts';
import { MigrationError } from './migration-error.ts';

/** The one connection that migrates: it holds the lock for as long as it is open. */
export interface Session {
  readonly client: postgres.Sql;
  /** The server's process: another one would not have the lock. */
  readonly pid: number;
  readonly url: string;
  readonly report: Report;
  /** On the clock of `performance.now()`. */
  readonly deadlineAtMs: number;
}

export type Report = (line: string) => void;

export interface SessionOptions {
  readonly report?: Report;
  readonly deadlineAtMs?: number;
  readonly waitMs?: number;
}

// Any number will do, as long as every migrating process uses the same one.
const migrationLock = 7_021_986;
// Longer than most migrations take; a deployment that waits for more than that had better be looked at.
const defaultWaitMs = 60_000;
const pollMs = 200;

/** Does `work` while no other process migrates this database. Throws MigrationError when another one does not end within `waitMs`. */
export async function withSession<T>(
  url: string,
  { report = () => {}, deadlineAtMs = Number.POSITIVE_INFINITY, waitMs = defaultWaitMs }: SessionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const client = connect(url);
  try {
    const pid = await lock(client, report, Math.min(waitMs, deadlineAtMs - performance.now()));
    return await work({ client, pid, url, report, deadlineAtMs });
  } finally {
    await release(client);
    await client.end({ timeout: 1 });
  }
}

/** A connection for a person or a deployment. */
export function connect(url: string): postgres.Sql {
  return openClient(url, {
    max: 1,
    connect_timeout: 5,
    // A new connection would not have the lock.
    max_lifetime: null,
    onnotice: () => {},
  });
}

// Asks again and again: a statement that waits for the lock keeps a snapshot, for whose end CREATE INDEX CONCURRENTLY of the other
// process would wait.
async function lock(client: postgres.Sql, report: Report, waitMs: number): Promise<number> {
  const startedAtMs = performance.now();
  await client`set application_name = 'plinth-migrate'`;
  for (let attempt = 1; ; attempt++) {
    const [row] = await client`
      select pg_try_advisory_lock(${migrationLock}) as locked, pg_backend_pid() as pid,
        (select min(pid) from pg_locks where locktype = 'advisory' and classid = 0 and objid = ${migrationLock} and granted
          and database = (select oid from pg_database where datname = current_database())) as holder`;
    if (row?.locked) return row.pid;
    if (attempt === 1) report(`another process migrates (pid ${row?.holder}): waiting for its end`);
    if (performance.now() - startedAtMs > waitMs)
      throw new MigrationError(
        `Another process, pid ${row?.holder} of the server, has been migrating for ${Math.round(waitMs / 1_000)} s. Nothing was changed.\nLook at it in pg_stat_activity, then run it again.`,
      );
    await sleep(pollMs);
  }
}

// Behind a pooler the server's process goes on without us: with the lock nobody would migrate, with our limits requests would have none.
async function release(client: postgres.Sql): Promise<void> {
  const statements = `select pg_advisory_unlock(${migrationLock}); reset lock_timeout; reset statement_timeout; reset application_name`;
  // Without a connection there is nothing left to give back.
  await client.unsafe(statements).catch(() => undefined);
}

/** Throws MigrationError where statements reach another process of the server than the one that has the lock. */
export async function assertSameProcess(sql: postgres.Sql, pid: number): Promise<void> {
  const [row] = await sql`select pg_backend_pid() as pid`;
  if (row?.pid === pid) return;
  throw new MigrationError(
    'The connection that holds the lock is gone, or there is a transaction pooler on the way.\nMigrate by a direct connection: set DATABASE_MIGRATION_URL.',
  );
}
