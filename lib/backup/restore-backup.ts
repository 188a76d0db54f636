import { CopyConnection } from '#lib/db/copy-connection.ts';
import { BackupError } from './backup-error.ts';
import { bareTables } from './bare-tables.ts';
import type { Vault } from './create-backup.ts';
import {
  copyTableOut,
  listTables,
  quoted,
  readCatalogue,
  sessionSettings,
  tableWithColumns,
  transactionSettings,
} from './database-contents.ts';
import type { Manifest } from './manifest.ts';
import { readTable } from './open-backup.ts';
import { rebuildSchema } from './rebuild-schema.ts';
import { compareTables, fitTables, missingObjects } from './schema-drift.ts';
import { type Settled, settleRestored } from './settle-restored.ts';
import { counting, emptyTally, isSame } from './table-stream.ts';

export interface Restore {
  readonly backupId: string;
  readonly tables: number;
  readonly rows: number;
  readonly sizeBytes: number;
  readonly settled: Settled;
  /** What of the schema was not made again, an object a line, such as an index that no migration makes. */
  readonly lost: readonly string[];
  /** Whole restore, and its steps. */
  readonly seconds: Readonly<Record<'load' | 'index' | 'verify' | 'total', number>>;
}

// What building an index of a million projects can use; a small server has it for the one session.
const maintenanceMemory = '256MB';

/**
 * Makes a new database out of a backup: the schema by our migrations, then every row, all in one transaction. Before it commits, PostgreSQL
 * has checked every constraint, and every table, read back, is byte for byte what was backed up. When anything is wrong it throws, and the
 * database is as empty as before; it throws BackupError at once for a database that is not empty. With `acceptsDrift` also tables and
 * columns that no migration makes are restored, bare.
 */
export async function restoreBackup(
  vault: Vault,
  manifest: Manifest,
  targetUrl: string,
  signal: AbortSignal,
  progress: (done: number, total: number) => void = () => {},
  { acceptsDrift = false } = {},
): Promise<Restore> {
  const connection = new CopyConnection(targetUrl);
  const stop = () => void connection.close();
  signal.addEventListener('abort', stop);
  const { tables } = manifest;
  const [total, seconds] = [stopwatch(), { load: 0, index: 0, verify: 0, total: 0 }];
  try {
    signal.throwIfAborted();
    await connection.send(sessionSettings);
    await connection.send('begin');
    await connection.send(`${transactionSettings} set local maintenance_work_mem = '${maintenanceMemory}'`);
    await assertEmpty(connection);
    await rebuildSchema(connection, manifest.migrations);
    await matchTables(connection, manifest, acceptsDrift);
    const dress = await bareTables(connection);
    const load = stopwatch();
    for (const [done, table] of tables.entries()) {
      progress(done, tables.length);
      // Migrations may have put rows there. And what is truncated in the same transaction may be loaded frozen: it needs no vacuum.
      await connection.send(`truncate ${quoted(table.name)}`);
      const copy = `copy ${tableWithColumns(table)} from stdin with (freeze)`;
      await readTable(vault, manifest, table, (rows) => connection.copyIn(copy, rows), signal);
    }
    for (const { name, value } of manifest.sequences)
      await connection.send('select setval($1::text::regclass, $2::text::bigint)', [quoted(name), value]);
    seconds.load = load();
    const index = stopwatch();
    await dress();
    seconds.index = index();
    const verify = stopwatch();
    await assertReadsBack(connection, manifest);
    seconds.verify = verify();
    const lost = missingObjects(manifest.catalogue ?? [], (await readCatalogue(connection)) ?? []);
    const settled = await settleRestored(connection);
    // Before the end, so that nothing can fail after it.
    await connection.send('analyze');
    await connection.send('commit');
    seconds.total = total();
    const sum = (of: (table: Manifest['tables'][number]) => number) => tables.reduce((n, t) => n + of(t), 0);
    return {
      backupId: manifest.id,
      tables: tables.length,
      rows: sum(({ rows }) => rows),
      sizeBytes: sum(({ sizeBytes }) => sizeBytes),
      settled,
      lost,
      seconds,
    };
  } finally {
    signal.removeEventListener('abort', stop);
    await connection.close();
  }
}

async function assertEmpty(connection: CopyConnection): Promise<void> {
  const [found] = await connection.send(`
    select format('%I.%I', nspname, relname) as name from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where nspname !~ '^pg_' and nspname <> 'information_schema'
      and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e')
    order by 1 limit 1`);
  if (found) throw new BackupError(`the database is not empty: it has ${found.name}. Restore into a new one`);
}

async function matchTables(connection: CopyConnection, { tables }: Manifest, acceptsDrift: boolean) {
  const made = await listTables(connection);
  const drift = compareTables(tables, made);
  if (drift.length === 0) return;
  if (!acceptsDrift)
    throw new BackupError(
      `the backup and the schema of its migrations disagree about what somebody has changed by hand:\n${drift.map((line) => `  ${line}`).join('\n')}\nTake it as it was with npm run db:restore -- --accept-drift: what migrations do not make (+) comes without its indexes, constraints and defaults`,
    );
  await fitTables(connection, tables, made);
}

async function assertReadsBack(connection: CopyConnection, manifest: Manifest): Promise<void> {
  for (const table of manifest.tables) {
    const tally = emptyTally();
    for await (const _ of counting(copyTableOut(connection, table), tally));
    if (!isSame(tally, table))
      throw new BackupError(
        `${table.name} reads back ${tally.rows} rows that are not the ${table.rows} stored`,
      );
  }
}

function stopwatch(): () => number {
  const startedAt = performance.now();
  return () => Math.round((performance.now() - startedAt) / 100) / 10;
}
