import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProcess, readPidFile, sendSignal } from '#lib/local/postgres-process.ts';
import type { Leftover } from './leftovers.ts';

// Reads of leftovers.ts what is there, until its input ends, which is when the benchmark has; then ends what is still there.
const patienceMs = 10_000;
const leftovers = new Map<string, Leftover>();
for await (const line of createInterface({ input: process.stdin })) {
  const { isGone, leftover } = JSON.parse(line);
  if (isGone) leftovers.delete(JSON.stringify(leftover));
  else leftovers.set(JSON.stringify(leftover), leftover);
}
await Promise.all([...leftovers.values()].map(remove));

async function remove(leftover: Leftover): Promise<void> {
  if ('pid' in leftover) return void sendSignal(leftover.pid, 'SIGKILL');
  const pid = (await readPidFile(join(leftover.folder, 'postgres')))?.pid;
  if (pid && (await findProcess(pid))?.command.includes(leftover.folder)) {
    // At once, and its own processes with it; nobody needs what is in there.
    sendSignal(pid, 'SIGQUIT');
    const until = performance.now() + patienceMs;
    while ((await findProcess(pid)) && performance.now() < until) await sleep(10);
  }
  await rm(leftover.folder, { recursive: true, force: true, maxRetries: 5 });
}
