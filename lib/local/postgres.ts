import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort, isPortFree } from './ports.ts';
import { cannotOpen, prepareFolder } from './postgres-folder.ts';
import { openPostgresLog } from './postgres-log.ts';
import { slowStopMs, starterMark, stopOrphan } from './postgres-orphan.ts';
import { readPidFile } from './postgres-process.ts';
import {
  assertReachable,
  chooseOwner,
  findPostgres,
  type PostgresProgram,
  spawnOptions,
} from './postgres-program.ts';

export type LocalPostgres = {
  url: string;
  port: number;
  /** Resolves when the process is gone; connections that are open are cut. */
  stop(): Promise<void>;
};

// Somebody took the free port first, or the children of a killed PostgreSQL need a moment to notice.
const passingFailure = /could not create any TCP\/IP sockets|pre-existing shared memory block/;
const maxAttempts = 20;

/**
 * Starts the PostgreSQL of the folder `dataDir` on 127.0.0.1, on `port` when that is free, and creates folder and
 * database the first time. It logs to postgres.log beside the folder. Throws `LocalSetupError` when the folder is in
 * use, damaged or out of reach, and leaves such a folder as it is.
 */
export async function startPostgres(options: {
  dataDir: string;
  port?: number;
  settings?: Record<string, string>;
  /** Begins with an empty database: deletes the folder, unless a living process uses it. */
  isFresh?: boolean;
}): Promise<LocalPostgres> {
  const dataDir = resolve(options.dataDir);
  const program = await findPostgres();
  const owner = await chooseOwner(dataDir);
  await mkdir(dirname(dataDir), { recursive: true });
  await assertReachable([dataDir, program.postgres], owner);
  await stopOrphan(dataDir);
  if (options.isFresh) await rm(dataDir, { recursive: true, force: true });

  const log = await openPostgresLog(join(dirname(dataDir), 'postgres.log'));
  try {
    await prepareFolder(dataDir, program, owner, log);
    for (let attempt = 1; ; attempt++) {
      const port = await choosePort(options.port);
      const settings = { ...defaultSettings(program), port: String(port), ...options.settings };
      const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
      const child = spawn(program.postgres, ['-D', dataDir, '-c', starterMark, ...flags], {
        ...spawnOptions(owner),
        stdio: ['ignore', 'ignore', log.fd],
      });
      // For a process that ends without stop(), by an exception or process.exit.
      const stopAtExit = () => child.kill('SIGINT');
      process.once('exit', stopAtExit);
      if (await isReady(child, dataDir)) return supervise(child, port, stopAtExit);
      process.off('exit', stopAtExit);
      const reason = await log.firstFailure();
      if (attempt === maxAttempts || !passingFailure.test(reason)) throw cannotOpen(dataDir, reason);
      await sleep(100);
    }
  } finally {
    await log.close();
  }
}

function defaultSettings(program: PostgresProgram): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(program.hasStatementStatistics && { shared_preload_libraries: 'pg_stat_statements' }),
  };
}

async function choosePort(preferred: number | undefined): Promise<number> {
  return preferred && (await isPortFree(preferred)) ? preferred : findFreePort();
}

/** False when the process ended instead. */
async function isReady(child: ChildProcess, dataDir: string): Promise<boolean> {
  await once(child, 'spawn');
  while (isRunning(child)) {
    const state = await readPidFile(dataDir);
    if (state?.isReady && state.pid === child.pid) return true;
    await sleep(10);
  }
  return false;
}

function supervise(child: ChildProcess, port: number, stopAtExit: () => void): LocalPostgres {
  const complain = () =>
    console.error('PostgreSQL has ended by itself: see postgres.log beside its folder, and start again.');
  child.once('exit', complain);
  return {
    url: `postgres://plinth:plinth@127.0.0.1:${port}/plinth`,
    port,
    async stop() {
      process.off('exit', stopAtExit);
      child.off('exit', complain);
      if (!isRunning(child)) return;
      child.kill('SIGINT');
      const timer = setTimeout(() => child.kill('SIGQUIT'), slowStopMs);
      await once(child, 'exit');
      clearTimeout(timer);
    },
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
