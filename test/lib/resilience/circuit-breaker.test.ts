import { spawn } from 'node:child_process';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from '@upstash/redis';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { logger } from '#lib/observability/logger.ts';
import { RestRequester } from '#lib/redis/rest-requester.ts';
import { CircuitBreaker, type Verdict } from '#lib/resilience/circuit-breaker.ts';
import { firstBackOffMs } from '#lib/resilience/circuit-breaker-limits.ts';
import { BreakerState } from '#lib/resilience/circuit-breaker-state.ts';
import { describeOnBothBackends, token } from '#test/local/redis-harness.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';

let redis: Redis;
vi.mock('#lib/redis/client.ts', () => ({ getRedis: () => redis }));

const failed = { failedForMs: 0 };
let calls = 0;
beforeEach(() => {
  calls = 0;
});

/** One instance of a function: it has its own memory, and Redis in common with the others. */
function createInstance(name = 'upstream') {
  const fleet = new BreakerState(name);
  const breaker = new CircuitBreaker({ minimumCalls: 4, probeMs: 5_000 }, fleet);
  return {
    /** What the call was answered, or for how many seconds it was refused. */
    call: async (verdict: Verdict, during: () => unknown = () => {}): Promise<string | number> => {
      const attempt = async () => {
        calls++;
        await during();
        return 'answered';
      };
      return breaker
        .run(attempt, () => verdict)
        .catch((error) => {
          expect(error).toMatchObject({ code: 'unavailable' });
          return error.options.retryAfterSeconds;
        });
    },
    /** Five seconds pass, and whatever it was told to wait for. */
    forgets() {
      fleet.openUntilMs = 0;
      fleet.learnedAtMs = Number.NEGATIVE_INFINITY;
    },
  };
}
type Instance = ReturnType<typeof createInstance>;

/** 50 instances in 5 processes, which call the same service through the breaker they are told. */
function startFleet(redisUrl: string, url: string) {
  let outcomes: string[] = [];
  const script = join(import.meta.dirname, '../../support/breaker-fleet.ts');
  const env = { ...process.env, UPSTASH_REDIS_REST_URL: redisUrl, UPSTASH_REDIS_REST_TOKEN: token };
  const processes = Array.from({ length: 5 }, () => {
    const child = spawn(process.execPath, [script, '10', url], { env });
    createInterface({ input: child.stdout }).on('line', (line) => outcomes.push(line));
    return child;
  });
  return {
    count: (outcome: string) => outcomes.filter((line) => line === outcome).length,
    call(name: string) {
      outcomes = [];
      for (const child of processes) child.stdin.write(`${name}\n`);
    },
    stop() {
      for (const child of processes) child.kill();
    },
  };
}

describeOnBothBackends('a circuit breaker', (on) => {
  let first: Instance;
  let second: Instance;
  beforeEach(() => {
    redis = on.redis;
    first = createInstance();
    second = createInstance();
  });

  // Not whether somebody is to be told of it.
  const keys = async () =>
    ((await on.call('KEYS', '*')).result as string[]).filter((key) => !key.endsWith(':openings')).sort();
  async function open() {
    await first.call(failed);
    await second.call(failed);
    await first.call(failed);
    await second.call(failed);
    first.forgets();
    calls = 0;
  }
  async function backOffEnds(...instances: Instance[]) {
    await on.redis.del('breaker:upstream:open');
    for (const instance of instances) instance.forgets();
  }

  it('writes nothing while the service is well, and asks once in five seconds', async () => {
    const before = on.endpoint.requests();
    for (let count = 0; count < 50; count++) expect(await first.call('healthy')).toBe('answered');
    // Two when the server does not know the script yet.
    expect(on.endpoint.requests() - before).toBeLessThanOrEqual(2);
    expect(await keys()).toEqual([]);
  });

  it('opens for all by the failures of two instances, and refuses without calling', async () => {
    await open();
    expect(await keys()).toEqual(['breaker:upstream:open', 'breaker:upstream:trips']);
    const third = createInstance();
    for (const instance of [first, second, third]) {
      const seconds = await instance.call('healthy');
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(firstBackOffMs / 1000);
    }
    expect(calls).toBe(0);
  });

  it('stays closed for the others when one instance alone fails, which shields itself', async () => {
    for (let count = 0; count < 20; count++) await first.call(failed);
    expect(calls).toBe(4);
    expect(await second.call('healthy')).toBe('answered');
    expect(await on.redis.get('breaker:upstream:trips')).toBeNull();
  });

  it('counts the successes of those who report: two instances with few failures do not open it', async () => {
    for (let round = 0; round < 5; round++)
      for (const instance of [first, second]) {
        for (let count = 0; count < 3; count++) await instance.call('healthy');
        await instance.call(failed);
      }
    expect(await first.call('healthy')).toBe('answered');
    expect(await on.call('HMGET', 'breaker:upstream:window', 'calls', 'failures')).toEqual({
      result: ['40', '10'],
    });
    expect(await on.redis.pttl('breaker:upstream:window')).toBeGreaterThan(0);
  });

  it('lets exactly one through when the back-off ends; its success closes the breaker for all', async () => {
    await open();
    await backOffEnds(first, second);
    const third = createInstance();
    const answers = await Promise.all([first, second, third].map((instance) => instance.call('healthy')));
    expect(answers.filter((answer) => answer === 'answered').length).toBeGreaterThanOrEqual(1);
    expect(await keys()).toEqual([]);
    for (const instance of [first, second, third]) expect(await instance.call('healthy')).toBe('answered');
    // They do not remember the failures from before.
    await first.call(failed);
    expect(await first.call('healthy')).toBe('answered');
  });

  it('opens again, for longer, when the probe fails', async () => {
    await open();
    for (let trips = 2; trips < 5; trips++) {
      await backOffEnds(first, second);
      const meanwhile: (string | number)[] = [];
      await first.call(failed, async () => meanwhile.push(await second.call(failed)));
      expect(meanwhile).toEqual([expect.any(Number)]);
      const remainingMs = await on.redis.pttl('breaker:upstream:open');
      expect(remainingMs).toBeGreaterThan(firstBackOffMs * 2 ** (trips - 2) - 1_000);
      expect(remainingMs).toBeLessThanOrEqual(firstBackOffMs * 2 ** (trips - 1));
      expect(await on.redis.get('breaker:upstream:trips')).toBe(String(trips));
      expect(await second.call('healthy')).toEqual(expect.any(Number));
    }
    expect(calls).toBe(3);
  });

  it('elects another probe when the one under way is lost, whose late answer then counts no more', async () => {
    await open();
    await backOffEnds(first, second);
    let answer = () => {};
    const lost = first.call('healthy', () => new Promise<void>((resolve) => (answer = resolve)));
    await vi.waitFor(() => expect(calls).toBe(1));
    expect(await second.call('healthy')).toBeLessThanOrEqual(5);
    expect(await on.redis.pttl('breaker:upstream:probe')).toBeLessThanOrEqual(5_000);
    await on.redis.del('breaker:upstream:probe');
    await second.call(failed, async () => {
      answer();
      await lost;
      expect(await on.redis.get('breaker:upstream:trips')).toBe('1');
    });
    expect(await on.redis.get('breaker:upstream:trips')).toBe('2');
  });

  it('gives the probe back when its caller gives up', async () => {
    await open();
    await backOffEnds(first, second);
    await first.call('unknown');
    expect(await keys()).toEqual(['breaker:upstream:trips']);
    expect(await second.call('healthy')).toBe('answered');
    expect(await keys()).toEqual([]);
  });

  it('stays open as long as the service asks for', async () => {
    for (const instance of [first, second, first, second]) await instance.call({ failedForMs: 60_000 });
    expect(await createInstance().call('healthy')).toBe(60);
  });

  it('is held open or closed by an operator until that expires', async () => {
    await on.call('SET', 'breaker:upstream:override', '1', 'PX', '60000');
    expect(await first.call('healthy')).toEqual(expect.any(Number));
    await on.call('SET', 'breaker:upstream:override', '2', 'PX', '60000');
    for (let count = 0; count < 10; count++) {
      expect(await second.call(failed)).toBe('answered');
      first.forgets();
      expect(await first.call(failed)).toBe('answered');
    }
    expect(await keys()).toEqual(['breaker:upstream:override']);
    await on.redis.del('breaker:upstream:override');
    first.forgets();
    expect(await first.call('healthy')).toBe('answered');
  });

  it('sends one call of 50 instances in 5 processes when the back-off ends, twenty times', async () => {
    let waiting: ServerResponse[] = [];
    let isWell = true;
    const server = createServer((_, response) => {
      waiting.push(response);
      if (!isWell) response.writeHead(500).end();
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const fleet = startFleet(on.endpoint.url, url);
    const soon = { timeout: 15_000, interval: 5 };
    await vi.waitFor(() => expect(fleet.count('ready')).toBe(5), 30_000);
    for (let round = 0; round < 20; round++) {
      [waiting, isWell] = [[], round % 2 === 0];
      // Half-open: it has tripped, and the back-off is over.
      await on.redis.set(`breaker:round-${round}:trips`, '1');
      fleet.call(`round-${round}`);
      await vi.waitFor(() => expect(fleet.count('refused')).toBe(49), soon);
      await vi.waitFor(() => expect(waiting).not.toEqual([]), soon);
      for (const response of waiting) if (!response.writableEnded) response.end();
      await vi.waitFor(() => expect(fleet.count('called')).toBe(1), soon);
      expect(waiting).toHaveLength(1);
      expect(await on.redis.get(`breaker:round-${round}:trips`)).toBe(isWell ? null : '2');
    }
    fleet.stop();
    server.close();
  }, 120_000);
});

describe('without Redis', () => {
  let warn: ReturnType<typeof vi.spyOn>;
  beforeEach(() => {
    warn = vi.spyOn(logger, 'warn');
  });
  afterEach(() => warn.mockRestore());

  test('an instance decides alone, and only one call in five seconds waits for Redis', async () => {
    redis = new Redis(new RestRequester('http://127.0.0.1:9', 'x', () => 1_000));
    const instance = createInstance('alone');
    for (let count = 0; count < 4; count++) expect(await instance.call(failed)).toBe('answered');
    expect(await instance.call('healthy')).toEqual(expect.any(Number));
    expect(calls).toBe(4);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test('a Redis that refuses is an error, and the instance decides alone', async () => {
    const server = createServer((_, response) => response.writeHead(400).end('{"error":"ERR no"}'));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    redis = new Redis(new RestRequester(url, 'x', () => 1_000));
    expect(await createInstance('refused').call('healthy')).toBe('answered');
    expect(takeErrorLogs()).toHaveLength(1);
    server.closeAllConnections();
    server.close();
  });

  test('what the fleet said last holds as long as it said', async () => {
    redis = new Redis(new RestRequester('http://127.0.0.1:9', 'x', () => 1_000));
    const fleet = new BreakerState('told');
    fleet.learn(60_000, 1, 0);
    fleet.learnedAtMs -= 10_000;
    const breaker = new CircuitBreaker({ minimumCalls: 4, probeMs: 5_000 }, fleet);
    await expect(
      breaker.run(
        async () => 'x',
        () => 'healthy',
      ),
    ).rejects.toMatchObject({ code: 'unavailable' });
  });
});
