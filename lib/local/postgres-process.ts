import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export type RunningProcess = { parentPid: number; command: string };

/** The first lines of postmaster.pid: who runs PostgreSQL in the folder, and whether it takes connections. */
export async function readPidFile(dataDir: string): Promise<{ pid: number; isReady: boolean } | undefined> {
  try {
    const lines = (await readFile(join(dataDir, 'postmaster.pid'), 'utf8')).split('\n');
    return { pid: Number(lines[0]), isReady: lines[7]?.trim() === 'ready' };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Nothing when no process has the number, or only the remains of one that nobody waited for. */
export async function findProcess(pid: number): Promise<RunningProcess | undefined> {
  return process.platform === 'linux' ? readProcFolder(pid) : askPs(pid);
}

// Slim images have no `ps`.
async function readProcFolder(pid: number): Promise<RunningProcess | undefined> {
  try {
    const [status, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    const parentPid = Number(status.slice(status.lastIndexOf(')')).split(' ')[2]);
    return command === '' ? undefined : { parentPid, command: command.replaceAll('\0', ' ') };
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) return undefined;
    throw error;
  }
}

async function askPs(pid: number): Promise<RunningProcess | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'ppid=,command=', '-p', String(pid)]);
    const [, parentPid, command = ''] = /^\s*(\d+)\s+(.*)/.exec(stdout) ?? [];
    return { parentPid: Number(parentPid), command };
  } catch (error) {
    // 1: no such process. ENOENT: Windows has no ps, and PostgreSQL has the last word.
    if (hasCode(error, 1) || hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** False when the process belongs to another user; one that has just ended counts as reached. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (hasCode(error, 'EPERM')) return false;
    if (!hasCode(error, 'ESRCH')) throw error;
  }
  return true;
}

function hasCode(error: unknown, code: string | number): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
