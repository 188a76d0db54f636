import { randomBytes } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { CopyConnection } from '#lib/db/copy-connection.ts';
import type { BackupKey } from './backup-keys.ts';
import {
  copyTableOut,
  listMigrations,
  listSequences,
  listTables,
  quoted,
  readCatalogue,
  type TableShape,
  transactionSettings,
} from './database-contents.ts';
import { type BackedUpTable, type Manifest, segmentPath, writeManifest } from './manifest.ts';
import { sealSegment, segmentBytes, sha256Of } from './segments.ts';
import type { BackupStore } from './store.ts';
import { counting, emptyTally } from './table-stream.ts';

export interface BackupSource {
  readonly url: string;
  readonly stage: string;
  readonly release: string;
}

/** Where a backup goes, or comes from, and the key for it. */
export interface Vault {
  readonly store: BackupStore;
  readonly key: BackupKey;
}

// Three times as fast as gzip, and smaller; higher levels cost more time than they save in upload.
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
// Only a migration holds a table for longer.
const lockTimeout = '30s';
const saltBytes = 32;

/**
 * Stores every table as of one moment, encrypted, and the manifest last. All of it comes from one snapshot, so it is done in one go, or
 * not at all: `signal` ends it, and what it has stored by then is no backup.
 */
export async function createBackup(
  source: BackupSource,
  { store, key }: Vault,
  signal: AbortSignal,
  progress: (done: number, total: number) => void = () => {},
): Promise<Manifest> {
  const connection = new CopyConnection(source.url);
  const stop = () => void connection.close();
  signal.addEventListener('abort', stop);
  try {
    signal.throwIfAborted();
    const tables = await takeSnapshot(connection);
    const [moment] = await connection.send(`
      select to_char(now() at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"') as stamp, to_json(now())#>>'{}' as at,
        current_setting('server_version') as version`);
    const id = `${moment?.stamp}-${randomBytes(3).toString('hex')}`;
    const salt = randomBytes(saltBytes);
    const backedUp: BackedUpTable[] = [];
    for (const table of tables) {
      progress(backedUp.length, tables.length);
      const put = async (number: number, isLast: boolean, plain: Buffer) => {
        const sealed = sealSegment(key.forTable(id, salt, table.name), { number, isLast }, plain);
        await store.put(segmentPath(id, table.name, number), sealed);
        return { sizeBytes: sealed.length, sha256: sha256Of(sealed) };
      };
      backedUp.push(await storeTable(connection, table, put, signal));
    }
    const manifest = {
      id,
      salt: salt.toString('base64url'),
      stage: source.stage,
      release: source.release,
      createdAt: new Date(String(moment?.at)).toISOString(),
      serverVersion: String(moment?.version),
      migrations: await listMigrations(connection),
      // After the snapshot: a sequence may be ahead of the rows, never behind.
      sequences: await listSequences(connection),
      tables: backedUp,
      catalogue: await readCatalogue(connection),
    };
    return await writeManifest(store, key, manifest);
  } finally {
    signal.removeEventListener('abort', stop);
    await connection.close();
  }
}

/** Begins the transaction; throws when a migration changes tables at that moment. */
async function takeSnapshot(connection: CopyConnection): Promise<TableShape[]> {
  const known = await listTables(connection);
  await connection.send(`begin isolation level repeatable read read only; ${transactionSettings}`);
  // A migration that rewrites a table would leave it empty for this snapshot: now it waits for us.
  const names = known.map(({ name }) => quoted(name)).join(', ');
  await connection.send(
    `set local lock_timeout = '${lockTimeout}'; lock table ${names} in access share mode`,
  );
  const tables = await listTables(connection);
  if (JSON.stringify(tables) !== JSON.stringify(known))
    throw new Error('tables were changed while the backup began: take it again');
  return tables;
}

type PutSegment = (
  number: number,
  isLast: boolean,
  plain: Buffer,
) => Promise<BackedUpTable['segments'][number]>;

async function storeTable(
  connection: CopyConnection,
  table: TableShape,
  put: PutSegment,
  signal: AbortSignal,
): Promise<BackedUpTable> {
  const tally = emptyTally();
  const segments = await pipeline(
    counting(copyTableOut(connection, table), tally),
    createZstdCompress(compression),
    (compressed: AsyncIterable<Buffer>) => storeSegments(compressed, put),
    { signal },
  );
  return {
    name: table.name,
    columns: [...table.columns],
    types: [...(table.types ?? [])],
    ...tally,
    segments,
  };
}

async function storeSegments(
  compressed: AsyncIterable<Buffer>,
  put: PutSegment,
): Promise<BackedUpTable['segments']> {
  const segments: BackedUpTable['segments'] = [];
  let pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of compressed) {
    pieces.push(piece);
    sizeBytes += piece.length;
    if (sizeBytes < segmentBytes) continue;
    segments.push(await put(segments.length, false, Buffer.concat(pieces)));
    pieces = [];
    sizeBytes = 0;
  }
  // Perhaps empty: it says that there are no more.
  segments.push(await put(segments.length, true, Buffer.concat(pieces)));
  return segments;
}
