import { mkdir, open, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { BackupStore } from './store.ts';

// Beside what it becomes: a rename within a folder is atomic.
const unfinished = '.part';

/** A folder, for its owner only. What is there is whole, also after a crash: a file gets its name when the disk has it. */
export function createFolderStore(folder: string): BackupStore {
  return {
    async put(path, body) {
      const target = join(folder, path);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      const file = await open(target + unfinished, 'w', 0o600);
      try {
        await file.writeFile(body);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(target + unfinished, target);
    },
    get: (path) => readFile(join(folder, path)).catch(ifMissing(undefined)),
    async list() {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(ifMissing([]));
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'));
    },
    async remove(path) {
      await rm(join(folder, path), { force: true });
      await rmdir(join(folder, dirname(path))).catch(ifMissing(undefined, ['ENOENT', 'ENOTEMPTY']));
    },
  };
}

function ifMissing<T>(fallback: T, codes = ['ENOENT']): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && 'code' in error && codes.includes(String(error.code))) return fallback;
    throw error;
  };
}
