import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalSetupError } from './local-setup-error.ts';
import { findProcess, readPidFile, sendSignal } from './postgres-process.ts';

/** Part of PostgreSQL's command line; tells later whether the process that started it is still its parent. */
export const starterMark = `cluster_name=plinth-${process.pid}`;

/** A stop in good order may take this long; then it becomes a stop at once, from which the next start recovers. */
export const slowStopMs = 1_000;

/**
 * Makes way in the folder: stops a PostgreSQL whose starter was killed, and forgets one whose process number belongs
 * to another program by now. Throws `LocalSetupError` when the folder is in use.
 */
export async function stopOrphan(dataDir: string): Promise<void> {
  const pid = (await readPidFile(dataDir))?.pid;
  const running = pid ? await findProcess(pid) : undefined;
  if (!pid || !running) return;
  if (!running.command.includes('postgres')) {
    // PostgreSQL refuses to start while any process of its user has the number that this file names.
    await rm(join(dataDir, 'postmaster.pid'));
    return;
  }
  const starterPid = Number(/cluster_name=plinth-(\d+)/.exec(running.command)?.[1] ?? pid);
  const isOrphan = starterPid !== pid && starterPid !== running.parentPid;
  if (!isOrphan || !sendSignal(pid, 'SIGINT')) {
    throw new LocalSetupError(
      `The database folder ${dataDir} is in use by process ${starterPid}: stop that process first.`,
    );
  }
  const slowAt = performance.now() + slowStopMs;
  while (await findProcess(pid)) {
    if (performance.now() > slowAt) sendSignal(pid, 'SIGQUIT');
    await sleep(10);
  }
}
