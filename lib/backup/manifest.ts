import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { BackupError } from './backup-error.ts';
import type { BackupKey } from './backup-keys.ts';
import type { BackupStore } from './store.ts';

const format = 1;
const sha256 = z.string().regex(/^[\da-f]{64}$/);
const count = z.int().nonnegative();

const BackedUpTable = z.object({
  name: z.string(),
  columns: z.array(z.string()),
  /** Of the columns; releases before did not keep them. */
  types: z.array(z.string()).optional(),
  rows: count,
  /** Of the rows as COPY writes them, before compression. */
  sizeBytes: count,
  sha256,
  /** As they are stored, in their order. */
  segments: z.array(z.object({ sizeBytes: count, sha256 })).min(1),
});
export type BackedUpTable = z.infer<typeof BackedUpTable>;

const Manifest = z.object({
  format: z.literal(format),
  id: z.string(),
  keyId: z.string(),
  salt: z.string(),
  stage: z.string(),
  release: z.string(),
  /** When the snapshot was taken, by the clock of PostgreSQL. */
  createdAt: z.string(),
  serverVersion: z.string(),
  /** Without a checksum where a release applied it that kept none. */
  migrations: z.array(z.object({ createdAt: count, checksum: sha256.nullable() })),
  tables: z.array(BackedUpTable),
  /** The schema as it was, an object a line; releases before did not keep it. */
  catalogue: z.array(z.string()).optional(),
  sequences: z.array(z.object({ name: z.string(), value: z.string() })),
});
/** What a backup consists of; written last, so that a backup without one was not finished. */
export type Manifest = z.infer<typeof Manifest>;

const manifestName = 'manifest.json';

export const manifestPath = (id: string) => `${id}/${manifestName}`;
export const segmentPath = (id: string, table: string, number: number) =>
  `${id}/${table}.${String(number).padStart(5, '0')}`;

/** The manifest with its format, and behind it, in a line of its own, what proves that nobody changed it (HMAC-SHA-256). */
export async function writeManifest(
  store: BackupStore,
  key: BackupKey,
  manifest: Omit<Manifest, 'format' | 'keyId'>,
): Promise<Manifest> {
  const complete = { format, keyId: key.id, ...manifest } as const;
  const text = JSON.stringify(complete);
  const lines = `${text}\n${macOf(key, manifest.id, text).toString('base64url')}\n`;
  await store.put(manifestPath(manifest.id), Buffer.from(lines));
  return complete;
}

/** Throws BackupError when there is none, or it was made with another key or by a newer release, or was changed. */
export async function readManifest(store: BackupStore, key: BackupKey, id: string): Promise<Manifest> {
  const lines = (await store.get(manifestPath(id)))?.toString('utf8').split('\n');
  if (!lines) throw new BackupError(`backup ${id} was not finished: it has no manifest`);
  const [text = '', mac = ''] = lines;
  const claimed = parseClaim(text);
  if (claimed && claimed.format !== format)
    throw new BackupError(
      `backup ${id} has the format ${claimed.format}, this release reads ${format}: restore it with the release that made it`,
    );
  if (claimed && claimed.keyId !== key.id)
    throw new BackupError(
      `backup ${id} was made with another key: its id is ${claimed.keyId}, that of BACKUP_KEY is ${key.id}`,
    );
  const expected = macOf(key, id, text);
  const given = Buffer.from(mac, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new BackupError(`the manifest of backup ${id} was changed or cut off`);
  return Manifest.parse(JSON.parse(text));
}

/** What a manifest says of itself, to explain why it is refused: not to be trusted. */
function parseClaim(text: string): { format: unknown; keyId: unknown } | undefined {
  try {
    const { format: claimedFormat, keyId } = JSON.parse(text);
    return { format: claimedFormat, keyId };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    return undefined;
  }
}

function macOf(key: BackupKey, id: string, text: string): Buffer {
  return createHmac('sha256', key.forManifest(id)).update(text).digest();
}
