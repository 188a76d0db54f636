import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createBackupKey } from '#lib/backup/backup-keys.ts';
import { createBackup, type Vault } from '#lib/backup/create-backup.ts';
import { type Manifest, manifestPath, segmentPath, writeManifest } from '#lib/backup/manifest.ts';
import { openBackup } from '#lib/backup/open-backup.ts';
import { restoreBackup } from '#lib/backup/restore-backup.ts';
import { openSegment, sealSegment } from '#lib/backup/segments.ts';
import { openStore } from '#lib/backup/store.ts';
import { CopyConnection } from '#lib/db/copy-connection.ts';
import { createSecret } from '#lib/local/create-secret.ts';
import {
  countTables,
  createDatabase,
  createSource,
  describeContents,
  inDatabase,
} from '#test/support/backup-databases.ts';

// So that some hundred kilobytes are several segments.
vi.mock('#lib/backup/segments.ts', async (original) => ({
  ...(await original<typeof import('#lib/backup/segments.ts')>()),
  segmentBytes: 100_000,
}));

const root = mkdtempSync(join(tmpdir(), 'plinth-backup-'));
const secret = createSecret();
const key = createBackupKey(secret);
const { signal } = new AbortController();
let source: string;
let empty: string;
let original: Manifest;
const vaultIn = (folder: string): Vault => ({ store: openStore(join(root, folder)), key });

beforeAll(async () => {
  [source, empty] = [await createSource(), await createDatabase()];
  const from = { url: source, stage: 'test', release: 'r1' };
  original = await createBackup(from, vaultIn('original'), signal);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const restore = async (vault: Vault, url: string) =>
  restoreBackup(vault, await openBackup(vault), url, signal);

describe('a backup that is restored into a new database', () => {
  let target: string;
  beforeAll(async () => {
    target = await createDatabase();
    const { settled, lost, rows } = await restore(vaultIn('original'), `${target}?statement_timeout=10`);
    expect({ settled, lost, rows }).toEqual({
      lost: [],
      settled: {
        endedSessions: 2,
        removedAccountTokens: 2,
        closedNotifications: 0,
        silencedRuns: expect.any(Number),
        cancelledRuns: 3,
        sweptJobs: 1,
      },
      rows: original.tables.reduce((sum, table) => sum + table.rows, 0),
    });
  });

  test('is the same to the byte, with schema, indexes, constraints, triggers and sequences', async () => {
    expect(await describeContents(target)).toEqual(await describeContents(source));
    expect(
      original.tables.find(({ name }) => name === 'idempotency_records')?.segments.length,
    ).toBeGreaterThan(1);
  });

  test('goes on where it was: sequences count on, statistics count, and audit events stay as they are', async () => {
    await inDatabase(target, async (sql) => {
      const [transition] = await sql`
        insert into health_transitions (check_name, to_status, at) values ('a:b', 'fail', now()) returning id`;
      expect(transition?.id).toBe('8');
      const counts = () => sql`select sum(count)::int from project_counts where dimension = 'status'`;
      const [before] = await counts();
      await sql`insert into projects select (jsonb_populate_record(p, '{"id": "01980000-0000-7000-8000-0000000000ff", "slug": "new"}')).* from projects p limit 1`;
      const [after] = await counts();
      expect(after?.sum).toBe(before?.sum + 1);
      await expect(sql`delete from audit_events`).rejects.toThrow('append-only');
    });
  });

  test('does nothing again: no mail, no session, no run that waited, and no slot that has passed', async () => {
    await inDatabase(target, async (sql) => {
      for (const table of ['sessions', 'refresh_tokens', 'account_tokens'])
        expect(await sql`select from ${sql(table)}`).toHaveLength(0);
      const runs = await sql`select state, reason from job_runs order by state`;
      const cancelled = { state: 'cancelled', reason: 'restored from a backup' };
      expect([...runs]).toEqual([
        cancelled,
        cancelled,
        cancelled,
        { state: 'dead', reason: null },
        { state: 'succeeded', reason: null },
      ]);
      expect(await sql`select from jobs where swept_until > now() - interval '1 hour'`).toHaveLength(1);
    });
  });

  test('is refused a second time, as the database is not empty any more', async () => {
    await expect(restore(vaultIn('original'), target)).rejects.toThrow(/not empty: it has/);
  });
});

const big = 'idempotency_records';
const editManifest = (edit: (manifest: Manifest) => Partial<Manifest>) => (folder: string) =>
  writeManifest(vaultIn(folder).store, key, { ...original, ...edit(structuredClone(original)) });
const file = (folder: string, path: string) => join(root, folder, path);
const editFile = (path: () => string, edit: (bytes: Buffer) => Buffer) => (folder: string) =>
  writeFileSync(file(folder, path()), edit(readFileSync(file(folder, path()))));
const swap = (one: () => string, other: () => string) => (folder: string) => {
  renameSync(file(folder, one()), file(folder, 'swapped'));
  renameSync(file(folder, other()), file(folder, one()));
  renameSync(file(folder, 'swapped'), file(folder, other()));
};
const segment = (table: string, number: number) => () => segmentPath(original.id, table, number);
const manifestFile = () => manifestPath(original.id);
const flip = (bytes: Buffer) => {
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  return bytes;
};
/** Whoever has the key, and makes the manifest fit what was swapped. */
const reorderWithKey = async (folder: string) => {
  swap(segment(big, 0), segment(big, 1))(folder);
  await editManifest(({ tables }) => {
    tables.find(({ name }) => name === big)?.segments.splice(0, 2, ...segmentsOf(big).slice(0, 2).reverse());
    return { tables };
  })(folder);
};
const segmentsOf = (table: string) => original.tables.find(({ name }) => name === table)?.segments ?? [];

describe('a backup is refused, and leaves nothing behind,', () => {
  test.each<[string, (folder: string) => unknown, RegExp]>([
    [
      'with a segment cut off',
      editFile(segment(big, 1), (b) => b.subarray(0, -7)),
      /00001 was changed or cut off/,
    ],
    ['with a bit flipped', editFile(segment('users', 0), flip), /users\.00000 was changed/],
    ['with segments in another order', swap(segment(big, 0), segment(big, 1)), /was changed/],
    ['with segments in another order and a manifest to fit', reorderWithKey, /belongs elsewhere/],
    ['with the segment of another table', swap(segment('users', 0), segment('projects', 0)), /was changed/],
    ['without a segment', (f) => rmSync(file(f, segment(big, 1)())), /00001 is missing/],
    [
      'without its last segment, and a manifest to fit',
      editManifest(({ tables }) => {
        tables.find(({ name }) => name === big)?.segments.pop();
        return { tables };
      }),
      /belongs elsewhere/,
    ],
    ['without its manifest', (f) => rmSync(file(f, manifestFile())), /no finished backup/],
    [
      'with a manifest that was changed',
      editFile(manifestFile, (b) => Buffer.from(b.toString().replace('"rows":', '"rows":1'))),
      /manifest .* was changed or cut off/,
    ],
    [
      'with a manifest cut off',
      editFile(manifestFile, (b) => b.subarray(0, 900)),
      /manifest .* was changed or cut off/,
    ],
    [
      'with a manifest of another format',
      editFile(manifestFile, (b) => Buffer.from(b.toString().replace('"format":1', '"format":2'))),
      /has the format 2, this release reads 1/,
    ],
    [
      'with other rows than it says',
      editManifest(({ tables }) => ({
        tables: tables.map((table) => ({ ...table, sha256: '0'.repeat(64) })),
      })),
      /rows that are not the/,
    ],
    [
      'of a release that is newer',
      editManifest(({ migrations }) => ({
        migrations: [...migrations, { createdAt: 4e12, checksum: '0'.repeat(64) }],
      })),
      /does not know a migration/,
    ],
    [
      'with a migration that is another one now',
      editManifest(({ migrations }) => ({
        migrations: migrations.map((one) => ({ ...one, checksum: '0'.repeat(64) })),
      })),
      /0000_foundation is not what it was/,
    ],
    [
      'with other tables than its migrations make',
      editManifest(({ migrations }) => ({ migrations: migrations.slice(0, 5) })),
      /disagree about/,
    ],
  ])('%s', async (_, damage, message) => {
    const folder = `damaged-${Math.random()}`;
    cpSync(join(root, 'original'), join(root, folder), { recursive: true });
    await damage(folder);
    await expect(restore(vaultIn(folder), empty)).rejects.toThrow(message);
    expect(await countTables(empty)).toBe(0);
    rmSync(join(root, folder), { recursive: true });
  });

  test('read with another key, which it names', async () => {
    const other = createBackupKey(createSecret());
    await expect(restore({ ...vaultIn('original'), key: other }, empty)).rejects.toThrow(
      `its id is ${key.id}, that of BACKUP_KEY is ${other.id}`,
    );
  });

  test('whose rows break a foreign key, as PostgreSQL checks them anew', async () => {
    const broken = await createSource();
    await inDatabase(broken, async (sql) => {
      await sql`alter table refresh_tokens disable trigger all`;
      await sql`update refresh_tokens set session_id = gen_random_uuid()`;
    });
    await createBackup({ url: broken, stage: 'test', release: 'r1' }, vaultIn('broken'), signal);
    const constraint = 'refresh_tokens_session_id_sessions_id_fk';
    await expect(restore(vaultIn('broken'), empty)).rejects.toThrow(constraint);
    expect(await countTables(empty)).toBe(0);
  });

  test('when it is stopped half-way', async () => {
    const stop = new AbortController();
    const half = (done: number, total: number) => done > total / 2 && stop.abort('timed_out');
    const stopped = restoreBackup(vaultIn('original'), original, empty, stop.signal, half);
    await expect(stopped).rejects.toBeDefined();
    expect(await countTables(empty)).toBe(0);
  });
});

test('migrations of before there were checksums are restored, and have one from then on', async () => {
  const target = await createDatabase();
  await inDatabase(
    source,
    (sql) => sql`update drizzle.__drizzle_migrations set checksum = null where id < 3`,
  );
  await createBackup({ url: source, stage: 'test', release: 'r1' }, vaultIn('older'), signal);
  await restore(vaultIn('older'), target);
  const without = 'select from drizzle.__drizzle_migrations where checksum is null';
  expect(await inDatabase(target, (sql) => sql.unsafe(without))).toHaveLength(0);
});

test('a backup that is stopped has no manifest, and is none', async () => {
  const stop = new AbortController();
  const vault = vaultIn('stopped');
  const from = { url: source, stage: 'test', release: 'r1' };
  const half = (done: number, total: number) => done > total / 2 && stop.abort();
  await expect(createBackup(from, vault, stop.signal, half)).rejects.toBeDefined();
  // Paths below a folder that has the name of the backup.
  const stored = readdirSync(join(root, 'stopped'), { recursive: true, encoding: 'utf8' });
  expect(stored.filter((path) => path.endsWith('manifest.json'))).toEqual([]);
  await expect(openBackup(vault)).rejects.toThrow('there is no finished backup');
});

test('a backup is one moment: what commits while it is made is all in the next one', async () => {
  const { store } = vaultIn('moment');
  let count = 0;
  const put: typeof store.put = async (path, body) => {
    const insert = (sql: postgres.Sql) => sql`insert into organizations values (gen_random_uuid(), 'Late')`;
    if (count++ === 0) await inDatabase(source, insert);
    await store.put(path, body);
  };
  const from = { url: source, stage: 'test', release: 'r1' };
  const { tables } = await createBackup(from, { key, store: { ...store, put } }, signal);
  expect(tables.find(({ name }) => name === 'organizations')).toMatchObject({ rows: 1 });
});

test('two seals of one place differ by key only, and none opens at another place', () => {
  const place = { number: 1, isLast: false };
  const sealed = sealSegment(Buffer.alloc(32), place, Buffer.from('rows'));
  expect(openSegment(Buffer.alloc(32), place, sealed).toString()).toBe('rows');
  for (const other of [
    { ...place, number: 0 },
    { ...place, isLast: true },
  ])
    expect(() => openSegment(Buffer.alloc(32), other, sealed)).toThrow('belongs elsewhere');
  expect(() => openSegment(Buffer.alloc(32), place, Buffer.alloc(3))).toThrow('belongs elsewhere');
});

test('rows that the server refuses after the last of them was sent are an error, and the connection stays of use', async () => {
  const connection = new CopyConnection(source);
  async function* twice() {
    yield Buffer.from('01980000-0000-7000-8000-0000000000f0\tA\n');
  }
  await connection.send('begin');
  const copied = connection.copyIn('copy organizations (id, name) from stdin', twice());
  await expect(copied).rejects.toThrow('organizations_pkey');
  await connection.send('rollback');
  expect(await connection.send('select 1 as one')).toMatchObject([{ one: 1 }]);
  await connection.close();
  await expect(connection.send('select 1')).rejects.toMatchObject({
    code: expect.stringContaining('CONNECTION'),
  });
});
