import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { forgetSchema } from './ledger.ts';
import { describeFailure, MigrationError } from './migration-error.ts';
import type { Script } from './migration-files.ts';
import { describeTables, watchProgress } from './progress.ts';
import { assertSameProcess, type Session } from './session.ts';

// Who waits for a lock holds up everybody who comes after. A request gives a statement 700 ms: it has to survive the wait.
const lockTimeoutMs = 500;
// What the application holds a lock for ends within its statement timeout of 5 s: about 30 s of attempts see several of its ends.
const lockAttempts = 20;
const longestPauseMs = 2_000;
// CREATE INDEX CONCURRENTLY waits for transactions without being in anybody's way.
const patientLockTimeoutMs = 60_000;
// Requests that need the table wait as well, and get 503: what takes longer has to say so.
const statementTimeoutMs = 60_000;
const unlimitedMs = 0;
// To roll back and to tell before the deadline.
const reserveMs = 5_000;

/**
 * Runs a script and `record`, in one transaction where the script allows it: then either all of it is done or nothing. A lock that is not
 * to be had is asked for again. Throws MigrationError, which says what is left of a script without a transaction.
 */
export async function runScript(
  session: Session,
  script: Script,
  record: (sql: postgres.Sql, durationMs: number) => Promise<void>,
): Promise<void> {
  const startedAtMs = performance.now();
  const { report } = session;
  report(`${script.file} begins${await describeTables(session.client, script)}`);
  const stopWatching = watchProgress(session, script.file);
  try {
    if (script.isTransactional) await runInTransaction(session, script, record, startedAtMs);
    else await runOneByOne(session, script, record, startedAtMs);
  } finally {
    await stopWatching();
  }
  report(`${script.file} done in ${Math.round(performance.now() - startedAtMs)} ms`);
}

async function runInTransaction(
  session: Session,
  script: Script,
  record: (sql: postgres.Sql, durationMs: number) => Promise<void>,
  startedAtMs: number,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    let index = 0;
    try {
      await inTransaction(session.client, async (tx) => {
        await assertSameProcess(tx, session.pid);
        for (; index < script.statements.length; index++) {
          await limit(tx, 'local', lockTimeoutMs, timeoutOf(session, script, statementTimeoutMs));
          await runStatement(tx, session, script, index);
        }
        await record(tx, performance.now() - startedAtMs);
      });
      return;
    } catch (error) {
      if (error instanceof MigrationError) throw error;
      const pauseMs = Math.ceil(Math.random() * Math.min(longestPauseMs, 100 * 2 ** attempt));
      const isLate = session.deadlineAtMs - performance.now() < pauseMs + reserveMs;
      if (!(isFromServer(error) && error.code === '55P03') || attempt === lockAttempts || isLate)
        throw describeFailure(script, index, error, `Nothing of ${script.file} was kept.`);
      session.report(`${script.file}: a lock was not to be had, attempt ${attempt} of ${lockAttempts}`);
      await sleep(pauseMs);
    }
  }
}

/** postgres.js' own `begin` writes ROLLBACK to a connection that is gone, which ends the process. */
async function inTransaction(
  client: postgres.Sql,
  work: (client: postgres.Sql) => Promise<void>,
): Promise<void> {
  await client.unsafe('begin');
  try {
    await work(client);
    await client.unsafe('commit');
  } catch (error) {
    const isAlive = error instanceof MigrationError || (isFromServer(error) && error.severity !== 'FATAL');
    if (isAlive) await client.unsafe('rollback');
    throw error;
  }
}

async function runOneByOne(
  session: Session,
  script: Script,
  record: (sql: postgres.Sql, durationMs: number) => Promise<void>,
  startedAtMs: number,
): Promise<void> {
  const { client } = session;
  await dropInvalidIndexes(session, script);
  let index = 0;
  try {
    await assertSameProcess(client, session.pid);
    await forgetSchema(client);
    for (; index < script.statements.length; index++) {
      await limit(client, 'session', patientLockTimeoutMs, timeoutOf(session, script, unlimitedMs));
      await runStatement(client, session, script, index);
    }
    await limit(client, 'session', patientLockTimeoutMs, unlimitedMs);
    await record(client, performance.now() - startedAtMs);
  } catch (error) {
    if (error instanceof MigrationError) throw error;
    const before = index === 0 ? 'Nothing' : `What its first ${index} statement(s) did`;
    const failure = describeFailure(
      script,
      index,
      error,
      `${before} of ${script.file} was kept; the next run begins it anew, and removes an index that was not finished.`,
    );
    await dropInvalidIndexes(session, script).catch((cause) => {
      // The connection may be what failed: then the next run does it.
      session.report(
        `an unfinished index may be left: ${cause instanceof Error ? cause.message : String(cause)}`,
      );
    });
    throw failure;
  }
}

async function runStatement(
  sql: postgres.Sql,
  { report }: Session,
  script: Script,
  index: number,
): Promise<void> {
  const { text = '' } = script.statements[index] ?? {};
  const startedAtMs = performance.now();
  await sql.unsafe(text);
  const durationMs = performance.now() - startedAtMs;
  // A schema is dozens of quick statements: what took its time is what one wants to see.
  if (durationMs > 1_000)
    report(
      `${script.file}: statement ${index + 1} of ${script.statements.length} took ${Math.round(durationMs)} ms`,
    );
}

/** An index that CREATE INDEX CONCURRENTLY did not finish slows down writes, helps no read, and makes IF NOT EXISTS skip the new one. */
async function dropInvalidIndexes({ client, report }: Session, { text }: Script): Promise<void> {
  const names = [...text.matchAll(/\bindex concurrently (?:if not exists )?"?(\w+)"?/gi)].map(
    ([, name]) => name,
  );
  const invalid =
    await client`select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
    where not i.indisvalid and c.relnamespace = 'public'::regnamespace and c.relname = any(${names as string[]})`;
  for (const { name } of invalid) {
    report(`removing ${name}, which an earlier run did not finish`);
    await client`drop index concurrently if exists ${client(name)}`;
  }
}

function timeoutOf({ deadlineAtMs }: Session, script: Script, usualMs: number): number {
  const wantedMs = script.statementTimeoutMs ?? usualMs;
  const leftMs = deadlineAtMs - performance.now() - reserveMs;
  if (leftMs <= 0)
    throw new MigrationError(
      `No time is left for ${script.file}; nothing of it was kept.\nRun npm run db:migrate from a machine that reaches the database: it has no deadline.`,
    );
  if (leftMs === Number.POSITIVE_INFINITY) return wantedMs;
  return Math.floor(wantedMs === unlimitedMs ? leftMs : Math.min(wantedMs, leftMs));
}

async function limit(sql: postgres.Sql, scope: 'local' | 'session', lockMs: number, statementMs: number) {
  await sql.unsafe(`set ${scope} lock_timeout = ${lockMs}; set ${scope} statement_timeout = ${statementMs}`);
}

function isFromServer(error: unknown): error is postgres.PostgresError {
  return error instanceof postgres.PostgresError;
}
