import { parseBucketAddress } from '#lib/config/bucket-address.ts';
import { BackupError } from './backup-error.ts';
import { createFolderStore } from './folder-store.ts';
import { createS3Store } from './s3-store.ts';

/** Where backups are kept: whole objects by their path, such as `20261121T021700Z-ab12cd/manifest.json`. */
export interface BackupStore {
  put(path: string, body: Buffer): Promise<void>;
  /** Undefined when there is none. */
  get(path: string): Promise<Buffer | undefined>;
  /** All paths. */
  list(): Promise<string[]>;
  /** Nothing happens when there is none. */
  remove(path: string): Promise<void>;
}

/** The store at `s3://bucket/prefix` or in a folder; throws BackupError for another kind of address. */
export function openStore(url: string): BackupStore {
  if (!url.startsWith('s3://')) {
    if (/^\w+:\/\//.test(url)) throw new BackupError(`${url} is neither s3://bucket/prefix nor a folder`);
    return createFolderStore(url);
  }
  // A shell completes it with a slash.
  const address = parseBucketAddress(url.replace(/\/+$/, ''));
  if (!address) throw new BackupError(`${url} is not s3://bucket/prefix`);
  return createS3Store(address.bucket, address.prefix);
}
