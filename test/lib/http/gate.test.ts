import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { gate } from '#lib/http/gate.ts';
import { type RateLimitName, rateLimits } from '#lib/http/rate-limits.ts';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { addIncrement } from '#lib/observability/increments.ts';
import { logger } from '#lib/observability/logger.ts';
import { recordCountedAlone } from '#lib/observability/metrics.ts';
import { getRedis } from '#lib/redis/client.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { startTcpProxy } from '#test/support/tcp-proxy.ts';

vi.mock('#lib/observability/metrics.ts');

// An endpoint of its own, behind a proxy that fails like a network, to put odd values into it as well.
const redis = await startRedisEndpoint({ token: 'gate' });
const proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(redis.url).port) });
Object.assign(process.env, {
  UPSTASH_REDIS_REST_URL: `http://127.0.0.1:${proxy.port}`,
  UPSTASH_REDIS_REST_TOKEN: redis.token,
});
afterAll(() => Promise.all([proxy.close(), redis.close()]));

const { write, login } = rateLimits;

function request(principal: string, policy: Exclude<RateLimitName, 'instance'> = 'write') {
  const event = { principal, startedAt: performance.now(), responseHeaders: {} as Record<string, string> };
  const pass = async () => gate(policy).before?.({ event, internal: {} } as never);
  return { pass, headers: event.responseHeaders };
}

/** The codes of refusals, undefined for each request that passed. */
async function send(times: number, principal: string, policy: Exclude<RateLimitName, 'instance'> = 'write') {
  const codes = [];
  for (let sent = 0; sent < times; sent++)
    codes.push(
      await request(principal, policy)
        .pass()
        .catch(({ code }) => code),
    );
  return codes;
}

const passed = (codes: unknown[]) => codes.filter((code) => code === undefined).length;

describe('while Redis answers', () => {
  test('a request costs one round trip, and two only while the server does not know the script', async () => {
    await send(1, 'warm-up');
    const before = redis.requests();
    await send(5, 'counted');
    expect(redis.requests() - before).toBe(5);
  });

  test('of 200 requests, ten at a time, exactly the limit passes', async () => {
    const codes = [];
    for (let round = 0; round < 20; round++)
      codes.push(...(await Promise.all(Array.from({ length: 10 }, () => send(1, 'burst')))).flat());
    expect(passed(codes)).toBe(write.burst.limit);
  });

  test('retries against a limit do not use up the longer window', async () => {
    await send(write.burst.limit + 50, 'retrying');
    expect(await getRedis().get('rate:write:sustained:retrying')).toBe(String(write.burst.limit));
  });

  test('a counter that lost its expiry gets one again', async () => {
    await getRedis().set('rate:write:burst:stuck', '5');
    const stuck = request('stuck');
    await stuck.pass();
    expect(stuck.headers.ratelimit).toBe('"write-burst";r=114;t=60, "write-sustained";r=3599;t=3600');
  });

  test('the sustained window refuses too, with its own Retry-After', async () => {
    await getRedis().set('rate:write:sustained:steady', String(write.sustained.limit), { px: 1_800_000 });
    const steady = request('steady');
    await expect(steady.pass()).rejects.toMatchObject({
      code: 'rate_limited',
      options: { retryAfterSeconds: 1800 },
    });
    expect(steady.headers.ratelimit).toBe('"write-burst";r=120;t=60, "write-sustained";r=0;t=1800');
  });

  test('increments go with the next request, once', async () => {
    addIncrement('measured', 'field', 2);
    await send(2, 'measuring');
    expect(await getRedis().hget('measured', 'field')).toBe('2');
  });

  test('a Redis that refuses is logged as an error once a second, and the instance counts alone', async () => {
    await getRedis().hset('rate:write:burst:odd', { not: 'a counter' });
    const odd = request('odd');
    await odd.pass();
    expect(odd.headers.ratelimit).toContain('"write-burst";r=119;');
    await send(3, 'odd');
    expect(takeErrorLogs()).toEqual([[expect.stringContaining('refuses'), { error: expect.any(Error) }]]);
    const before = redis.requests();
    await send(1, 'not odd');
    expect(redis.requests() - before).toBe(1);
  });
});

describe('while Redis is away', () => {
  const warn = vi.spyOn(logger, 'warn');
  const endPause = () => vi.advanceTimersByTime(1_000);

  beforeEach(() => {
    warn.mockClear();
    vi.mocked(recordCountedAlone).mockClear();
    vi.useFakeTimers({ toFake: ['performance'] });
    return async () => {
      await proxy.set('pass');
      endPause();
      await send(1, 'recovery');
      vi.useRealTimers();
    };
  });

  const modes = () => [...new Set(vi.mocked(recordCountedAlone).mock.calls.flat())];

  test('the limit goes on from the last count of the fleet', async () => {
    await getRedis().set('rate:write:burst:seeded', '49', { px: 60_000 });
    expect(passed(await send(1, 'seeded'))).toBe(1);
    await proxy.set('reset');
    const codes = await send(100, 'seeded');
    expect([passed(codes), codes.at(-1)]).toEqual([write.burst.limit - 50, 'rate_limited']);
    expect(modes()).toEqual(['local', 'refused']);
  });

  test('one request finds out and warns; the others do not wait, until a second later one tries again', async () => {
    await proxy.set('reset');
    const calls = vi.spyOn(getRedis(), 'evalsha');
    await send(20, 'patient');
    expect([calls.mock.calls.length, warn.mock.calls.length]).toEqual([1, 1]);
    endPause();
    await Promise.all(Array.from({ length: 20 }, () => send(1, 'patient')));
    expect([calls.mock.calls.length, warn.mock.calls.length]).toEqual([2, 2]);
    calls.mockRestore();
    expect(recordCountedAlone).toHaveBeenCalledTimes(40);
  });

  test('requests that fail together begin one pause', async () => {
    await proxy.set('reset');
    await Promise.all(Array.from({ length: 10 }, () => send(1, 'together')));
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test.each(['reset', 'close', 'hang', 'refuse'] as const)(
    'by %s, the fleet counts again a second after it is back',
    async (fault) => {
      const principal = `by ${fault}`;
      await send(2, principal);
      await proxy.set(fault);
      expect(passed(await send(3, principal))).toBe(3);
      await proxy.set('pass');
      expect(passed(await send(1, principal))).toBe(1);
      expect(await getRedis().get(`rate:write:burst:${principal}`)).toBe('2');
      endPause();
      await send(1, principal);
      expect(await getRedis().get(`rate:write:burst:${principal}`)).toBe('3');
    },
    10_000,
  );

  test.each(['login', 'refresh', 'account', 'mail', 'invite'] as const)(
    'by the strict policy %s a fifth of the limit passes, the rest waits with 503 and Retry-After',
    async (policy) => {
      await proxy.set('reset');
      const { limit } = rateLimits[policy].burst;
      const share = Math.max(1, Math.floor(limit / 5));
      const codes = await send(share + 2, 'strict', policy);
      expect(codes).toEqual([...Array(share).fill(undefined), 'unavailable', 'unavailable']);
      const waiting = request('strict', policy);
      await expect(waiting.pass()).rejects.toMatchObject({ options: { retryAfterSeconds: 5 } });
      expect(waiting.headers.ratelimit).toContain(`"${policy}-burst";r=0;`);
      expect(modes()).toEqual(['strict', 'refused']);
    },
  );

  test('what the fleet counted against a strict policy is not forgotten', async () => {
    await getRedis().set('rate:login:burst:guessing', String(login.burst.limit - 2), { px: 60_000 });
    await send(1, 'guessing', 'login');
    await proxy.set('reset');
    expect(await send(2, 'guessing', 'login')).toEqual([undefined, 'unavailable']);
  });

  test('increments are kept for the call that gets through', async () => {
    addIncrement('kept', 'field', 2);
    await proxy.set('reset');
    await send(3, 'keeping');
    addIncrement('kept', 'field', 3);
    await proxy.set('pass');
    endPause();
    await send(2, 'keeping');
    expect(await getRedis().hget('kept', 'field')).toBe('5');
  });
});
