import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from '@upstash/redis';
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { type RedisEndpoint, startRedisEndpoint } from '#lib/local/redis-endpoint.ts';

export const token = 'local-token';

export type RedisUnderTest = {
  /** Of our interpreter, not of a redis-server: a script takes it a hundred times as long. */
  isInMemory: boolean;
  endpoint: RedisEndpoint;
  /** The real client; it leaves replies as they are. */
  redis: Redis;
  send(path: string, body: string, headers?: Record<string, string>): Promise<Response>;
  call(...command: unknown[]): Promise<{ result?: unknown; error?: string }>;
};

const hasRedisServer = await new Promise<boolean>((resolve) => {
  const probe = spawn('redis-server', ['--version'], { stdio: 'ignore' });
  probe.once('error', () => resolve(false)).once('exit', () => resolve(true));
});

/** Registers the same tests for the endpoint over both backends; the real one is skipped without `redis-server`. */
export function describeOnBothBackends(subject: string, tests: (on: RedisUnderTest) => void): void {
  describe(`${subject} from memory`, () => tests(setUp(async () => ({ stop: async () => {} }))));
  const reason = hasRedisServer ? '' : ' (skipped: redis-server is not on PATH)';
  describe.skipIf(!hasRedisServer)(`${subject} on a real redis-server${reason}`, () =>
    tests(setUp(startRedisServer)),
  );
}

function setUp(start: () => Promise<{ redisUrl?: string; stop(): Promise<void> }>): RedisUnderTest {
  const on = {
    async send(path, body, headers = {}) {
      const authorization = `Bearer ${token}`;
      return fetch(on.endpoint.url + path, { method: 'POST', headers: { authorization, ...headers }, body });
    },
    async call(...command) {
      const response = await on.send('/', JSON.stringify(command));
      return (await response.json()) as { result?: unknown; error?: string };
    },
  } as RedisUnderTest;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    const server = await start();
    on.isInMemory = !server.redisUrl;
    stop = server.stop;
    on.endpoint = await startRedisEndpoint({ token, ...(server.redisUrl && { redisUrl: server.redisUrl }) });
    on.redis = new Redis({ url: on.endpoint.url, token, retry: false, automaticDeserialization: false });
  });
  beforeEach(async () => {
    await on.redis.flushdb();
  });
  afterAll(async () => {
    await on.endpoint.close();
    await stop();
  });
  return on;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

async function startRedisServer(): Promise<{ redisUrl: string; stop(): Promise<void> }> {
  const port = await freePort();
  const server: ChildProcess = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    { stdio: 'ignore' },
  );
  while (!(await accepts(port))) await sleep(10);
  return {
    redisUrl: `redis://127.0.0.1:${port}`,
    async stop() {
      server.kill();
      await once(server, 'exit');
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
