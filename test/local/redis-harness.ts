import { Redis } from '@upstash/redis';
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { type RedisEndpoint, startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { hasRedisServer, startRedisServer } from '#test/support/redis-server.ts';

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

const canStartServer = await hasRedisServer();

/** Registers the same tests for the endpoint over both backends; the real one is skipped without `redis-server`. */
export function describeOnBothBackends(subject: string, tests: (on: RedisUnderTest) => void): void {
  describe(`${subject} from memory`, () => tests(setUp(async () => ({ stop: async () => {} }))));
  const reason = canStartServer ? '' : ' (skipped: redis-server is not on PATH)';
  describe.skipIf(!canStartServer)(`${subject} on a real redis-server${reason}`, () =>
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
