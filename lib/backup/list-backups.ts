import { manifestPath } from './manifest.ts';
import type { BackupStore } from './store.ts';

export interface StoredBackup {
  readonly id: string;
  readonly takenAt: Date;
  /** With its manifest, which is written last. */
  readonly isFinished: boolean;
  readonly paths: readonly string[];
}

const idPattern = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-[\da-f]{6}(?=\/)/;

/** What is stored, oldest first; what does not look like a backup is none. */
export async function listBackups(store: BackupStore): Promise<StoredBackup[]> {
  const byId = Map.groupBy(await store.list(), (path) => idPattern.exec(path)?.[0]);
  return [...byId]
    .flatMap(([id, paths]) =>
      id === undefined
        ? []
        : [{ id, takenAt: instantOf(id), isFinished: paths.includes(manifestPath(id)), paths }],
    )
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function instantOf(id: string): Date {
  return new Date(id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z.*$/, '$1-$2-$3T$4:$5:$6Z'));
}
