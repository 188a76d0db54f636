import { join } from 'node:path';
import postgres from 'postgres';
import { migrateDatabase } from '#drizzle/migrate.ts';
import { createBackupKey } from '#lib/backup/backup-keys.ts';
import { createBackup } from '#lib/backup/create-backup.ts';
import { openBackup, verifyTable } from '#lib/backup/open-backup.ts';
import { restoreBackup } from '#lib/backup/restore-backup.ts';
import { openStore } from '#lib/backup/store.ts';
import { createSecret } from '#lib/local/create-secret.ts';
import { startPostgres } from '#lib/local/postgres.ts';
import { makeFolder, removeFolder } from './leftovers.ts';
import { printTable } from './projects/measure.ts';
import { loadProjects } from './projects/million.ts';

// At 1,000,000 projects: into a folder, and from there into a new database on the same server. It writes to disk as in production,
// and has the memory of a small server.
const folder = makeFolder();
const settings = { shared_buffers: '512MB', max_wal_size: '4GB' };
const server = await startPostgres({ dataDir: join(folder, 'postgres'), settings });
try {
  await measure();
} finally {
  await server.stop();
  removeFolder(folder);
}

async function measure(): Promise<void> {
  await migrateDatabase(server.url);
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  await loadProjects(sql);
  const [size] = await sql`select pg_size_pretty(pg_database_size(current_database())) as text`;
  await sql`create database restored`;
  const vault = { store: openStore(join(folder, 'backups')), key: createBackupKey(createSecret()) };
  const { signal } = new AbortController();
  const source = { url: server.url, stage: 'test', release: 'bench' };

  const [manifest, backedUpSeconds] = await timed(() => createBackup(source, vault, signal));
  const [, readSeconds] = await timed(async () => {
    const read = await openBackup(vault);
    for (const table of read.tables) await verifyTable(vault, read, table, signal);
  });
  const restored = await restoreBackup(vault, manifest, withDatabase('restored'), signal);
  const target = postgres(withDatabase('restored'), { max: 1, onnotice: () => {} });
  const [counted] = await target`select count(*)::int from projects`;
  await target.end();
  await sql.end();
  if (counted?.count !== 1_000_000) throw new Error(`${counted?.count} projects were restored`);

  const stored = manifest.tables.flatMap(({ segments }) => segments);
  const storedMb = stored.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / 1e6;
  const { load, index, verify, total } = restored.seconds;
  console.log(
    `${restored.rows} rows, ${(restored.sizeBytes / 1e6).toFixed(0)} MB as COPY writes them, ${storedMb.toFixed(0)} MB in ${stored.length} segments; the database has ${size?.text}\n`,
  );
  const perSecond = (seconds: number) => restored.sizeBytes / 1e6 / seconds;
  printTable(
    ['step', 's', 'MB/s'],
    [
      ['back up', backedUpSeconds, perSecond(backedUpSeconds)],
      ['verify', readSeconds, perSecond(readSeconds)],
      ['restore', total, perSecond(total)],
      ['… load', load, perSecond(load)],
      ['… indexes and foreign keys', index, perSecond(index)],
      ['… read back', verify, perSecond(verify)],
    ],
  );
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const startedAt = performance.now();
  const result = await work();
  return [result, (performance.now() - startedAt) / 1000];
}

function withDatabase(name: string): string {
  return server.url.replace(/\/[^/]*$/, `/${name}`);
}
