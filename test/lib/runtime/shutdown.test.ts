import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { getRedis } from '#lib/redis/client.ts';
import { shutdownMs } from '#lib/runtime/shutdown.ts';
import { sql } from '#test/support/tenant.ts';

const root = join(import.meta.dirname, '../../..');
const lambda = { AWS_LAMBDA_FUNCTION_NAME: 'plinth-test-getProject' };
// Scheduling of a busy test machine; the bound itself is a timer of ours.
const marginMs = 500;

// The start of a process takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Starts a process that is connected to the database, and tells its backend there. */
async function start(work: 'idle' | 'busy', env: Record<string, string>) {
  const child = spawn(process.execPath, ['test/support/lambda-process.ts', work], {
    cwd: root,
    env: { ...process.env, DATABASE_STATEMENT_TIMEOUT_MS: '2000', DATABASE_POOL_MAX: '1', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = await once(child.stdout, 'data');
  return { child, pid: Number.parseInt(String(line), 10) };
}

async function isConnected(pid: number): Promise<boolean> {
  const rows = await sql`select 1 from pg_stat_activity where pid = ${pid}`;
  return rows.length > 0;
}

/** A process that does nothing but wait for as long as a shutdown may take: the machine delays it as it delays the other. */
async function startControl(): Promise<ChildProcess> {
  const script = `process.on('SIGTERM', () => setTimeout(process.exit, ${shutdownMs}, 0)); setInterval(() => {}, 1000); console.log('ready')`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

async function terminate(child: ChildProcess) {
  const sentAt = performance.now();
  child.kill('SIGTERM');
  const [code, signal] = await once(child, 'exit');
  return { code, signal, ms: performance.now() - sentAt };
}

async function terminateWithControl(child: ChildProcess) {
  const control = await startControl();
  const [ended, { ms: controlMs }] = await Promise.all([terminate(child), terminate(control)]);
  return { ...ended, lateMs: ended.ms - controlMs };
}

const gone = (pid: number) => vi.waitFor(async () => expect(await isConnected(pid)).toBe(false), 10_000);

test('on Lambda, SIGTERM ends an idle process in order: its connection is closed, and what it measured is sent', async () => {
  const { child, pid } = await start('idle', lambda);
  expect(await isConnected(pid)).toBe(true);
  const { code, signal, lateMs } = await terminateWithControl(child);
  expect([code, signal]).toEqual([0, null]);
  expect(lateMs).toBeLessThan(marginMs);
  await gone(pid);
  expect(await getRedis().hget(`shutdown:${pid}`, 'requests')).toBe('1');
});

test('on Lambda, SIGTERM does not wait for a statement: PostgreSQL ends it at its limit', async () => {
  const { child, pid } = await start('busy', lambda);
  const { code, signal, lateMs } = await terminateWithControl(child);
  expect([code, signal]).toEqual([0, null]);
  expect(lateMs).toBeLessThan(marginMs);
  await gone(pid);
});

test('a process that is killed leaves no connection either', async () => {
  const { child, pid } = await start('idle', lambda);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await gone(pid);
});

test('elsewhere SIGTERM is left to who started the process', async () => {
  const { child, pid } = await start('idle', { AWS_LAMBDA_FUNCTION_NAME: '' });
  expect((await terminate(child)).signal).toBe('SIGTERM');
  await gone(pid);
});
