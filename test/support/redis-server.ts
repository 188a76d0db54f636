import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '#lib/local/ports.ts';
import { type RedisEndpoint, startRedisEndpoint } from '#lib/local/redis-endpoint.ts';

export interface RedisServer {
  redisUrl: string;
  stop(): Promise<void>;
}

/** Whether `redis-server` is on PATH. */
export async function hasRedisServer(): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = spawn('redis-server', ['--version'], { stdio: 'ignore' });
    probe.once('error', () => resolve(false)).once('exit', () => resolve(true));
  });
}

/** A real Redis, empty, which keeps nothing. */
export async function startRedisServer(): Promise<RedisServer> {
  const port = await findFreePort();
  const server = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    { stdio: 'ignore' },
  );
  // When this process ends without stop().
  const stopAtExit = () => server.kill();
  process.once('exit', stopAtExit);
  while (!(await accepts(port))) await sleep(10);
  return {
    redisUrl: `redis://127.0.0.1:${port}`,
    async stop() {
      process.off('exit', stopAtExit);
      server.kill();
      await once(server, 'exit');
    },
  };
}

/** An endpoint over a real Redis where there is one: it runs scripts a hundred times as fast as the one in memory, which has tests of its own. */
export async function startQuickRedisEndpoint(token: string): Promise<RedisEndpoint> {
  if (!(await hasRedisServer())) return startRedisEndpoint({ token });
  const { redisUrl, stop } = await startRedisServer();
  const endpoint = await startRedisEndpoint({ token, redisUrl });
  return {
    ...endpoint,
    async close() {
      await endpoint.close();
      await stop();
    },
  };
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).then((answer) => {
    socket.destroy();
    return answer === true;
  });
}
