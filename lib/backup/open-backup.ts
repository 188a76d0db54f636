import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { BackupError } from './backup-error.ts';
import type { Vault } from './create-backup.ts';
import { listBackups } from './list-backups.ts';
import { type BackedUpTable, type Manifest, readManifest, segmentPath } from './manifest.ts';
import { openSegment, sha256Of } from './segments.ts';
import type { BackupStore } from './store.ts';
import { counting, emptyTally, isSame } from './table-stream.ts';

// A backup is dated by PostgreSQL. One from a day on which its clock was ahead would be the newest for as long as that; a clock that is
// a little behind, as ours may be, must not hide last night's.
const aheadMs = 86_400_000;

/**
 * The manifest of a backup: of this one, or of the newest that is not of the future at `now`. Throws BackupError when it is not to be
 * trusted.
 */
export async function openBackup({ store, key }: Vault, id?: string, now?: Date): Promise<Manifest> {
  return readManifest(store, key, id ?? (await findNewest(store, now)));
}

async function findNewest(store: BackupStore, now?: Date): Promise<string> {
  const finished = (await listBackups(store)).filter(({ isFinished }) => isFinished);
  const latestMs = now ? now.getTime() + aheadMs : Number.POSITIVE_INFINITY;
  const newest = finished.findLast(({ takenAt }) => takenAt.getTime() <= latestMs);
  if (newest) return newest.id;
  const ahead = finished[0];
  if (ahead) throw new BackupError(`no backup but of the future, such as ${ahead.id}: name the one to take`);
  throw new BackupError('there is no finished backup');
}

/**
 * Gives the rows of a table, as COPY writes them, to `take`. Every segment is checked before any of it is passed on, and all together
 * before the end: `take` throws BackupError with the rest when something is missing, was changed or cut off.
 */
export async function readTable(
  { store, key }: Vault,
  manifest: Manifest,
  table: BackedUpTable,
  take: (rows: AsyncIterable<Buffer>) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const tableKey = key.forTable(manifest.id, Buffer.from(manifest.salt, 'base64url'), table.name);
  async function* openSegments(): AsyncGenerator<Buffer> {
    for (const [number, expected] of table.segments.entries()) {
      const path = segmentPath(manifest.id, table.name, number);
      const sealed = await store.get(path);
      if (!sealed) throw new BackupError(`${path} is missing`);
      const isIntact = sealed.length === expected.sizeBytes && sha256Of(sealed) === expected.sha256;
      if (!isIntact) throw new BackupError(`${path} was changed or cut off`);
      yield openSegment(tableKey, { number, isLast: number === table.segments.length - 1 }, sealed);
    }
  }
  async function* checked(rows: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const tally = emptyTally();
    yield* counting(rows, tally);
    if (!isSame(tally, table))
      throw new BackupError(
        `${table.name} holds ${tally.rows} rows that are not the ${table.rows} backed up`,
      );
  }
  await pipeline(openSegments, createZstdDecompress(), (rows: AsyncIterable<Buffer>) => take(checked(rows)), {
    signal,
  });
}

/** Reads everything that a backup has of a table, and throws BackupError unless it is what was backed up. */
export function verifyTable(vault: Vault, manifest: Manifest, table: BackedUpTable, signal: AbortSignal) {
  const discard = async (rows: AsyncIterable<Buffer>) => {
    for await (const _ of rows);
  };
  return readTable(vault, manifest, table, discard, signal);
}
