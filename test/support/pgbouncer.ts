import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '#lib/local/ports.ts';

export const hasPgbouncer = await new Promise<boolean>((resolve) => {
  const probe = spawn('pgbouncer', ['--version'], { stdio: 'ignore' });
  probe.once('error', () => resolve(false)).once('exit', () => resolve(true));
});

/** A real PgBouncer in front of a database: one server connection that each transaction gets anew, unless `more` says otherwise. */
export async function startPgbouncer(
  databaseUrl: string,
  more: Readonly<Record<string, number>> = {},
  folder = mkdtempSync(join(tmpdir(), 'plinth-pgbouncer-')),
): Promise<{ url: string; pid: number; stop(): Promise<void> }> {
  const target = new URL(databaseUrl);
  chmodSync(folder, 0o755);
  const port = await findFreePort();
  const users = join(folder, 'users.txt');
  writeFileSync(users, `"${decodeURIComponent(target.username)}" "${decodeURIComponent(target.password)}"\n`);
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'plain',
    auth_file: users,
    pool_mode: 'transaction',
    default_pool_size: 1,
    logfile: join(folder, 'log'),
    pidfile: '',
    ...more,
  };
  const file = join(folder, 'pgbouncer.ini');
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}`);
  writeFileSync(
    file,
    `[databases]\n* = host=${target.hostname} port=${target.port}\n[pgbouncer]\n${lines.join('\n')}\n`,
  );
  // It refuses to run as root.
  const owner = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  if ('uid' in owner) chmodSync(folder, 0o777);
  const child = spawn('pgbouncer', [file], { stdio: 'ignore', ...owner });
  for (let attempt = 0; !(await listens(port)); attempt++) {
    if (attempt > 100 || child.exitCode !== null) throw new Error('pgbouncer did not start');
    await sleep(50);
  }
  target.hostname = '127.0.0.1';
  target.port = String(port);
  return {
    url: target.href,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGINT');
      if (child.exitCode === null) await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
