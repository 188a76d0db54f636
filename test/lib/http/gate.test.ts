import { expect, test, vi } from 'vitest';
import { gate } from '#lib/http/gate.ts';
import { rateLimits } from '#lib/http/rate-limits.ts';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { logger } from '#lib/observability/logger.ts';
import { getRedis } from '#lib/redis/client.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';

// An endpoint of its own, to stop it and to put odd values into it.
const redis = await startRedisEndpoint({ token: 'gate' });
Object.assign(process.env, { UPSTASH_REDIS_REST_URL: redis.url, UPSTASH_REDIS_REST_TOKEN: redis.token });

function request(userId: string) {
  const event = {
    principal: `user:${userId}`,
    startedAt: performance.now(),
    responseHeaders: {} as Record<string, string>,
  };
  const pass = () => gate('write').before?.({ event, internal: {} } as never);
  return { pass, headers: event.responseHeaders };
}

test('a request costs one round trip, and two only while the server does not know the script', async () => {
  await request('warm-up').pass();
  const before = redis.requests();
  for (let count = 0; count < 5; count++) await request('counted').pass();
  expect(redis.requests() - before).toBe(5);
});

test('of 200 requests, ten at a time, exactly the limit passes', async () => {
  const passes = [];
  for (let round = 0; round < 20; round++)
    passes.push(...(await Promise.allSettled(Array.from({ length: 10 }, () => request('burst').pass()))));
  expect(passes.filter(({ status }) => status === 'fulfilled')).toHaveLength(rateLimits.write.burst.limit);
});

test('a counter that lost its expiry gets one again', async () => {
  await getRedis().set('rate:write:burst:user:stuck', '5');
  const stuck = request('stuck');
  await stuck.pass();
  expect(stuck.headers.ratelimit).toBe('"write";r=114;t=60');
});

test('a Redis that refuses is logged as an error, and the instance counts alone', async () => {
  await getRedis().hset('rate:write:burst:user:odd', { not: 'a counter' });
  const odd = request('odd');
  await odd.pass();
  expect(odd.headers.ratelimit).toContain('r=119');
  expect(takeErrorLogs()).toEqual([[expect.stringContaining('refuses'), { error: expect.any(Error) }]]);
});

test('a Redis that is away is a warning, and the limit holds in the instance', async () => {
  await redis.close();
  const warn = vi.spyOn(logger, 'warn');
  const passes = [];
  for (let count = 0; count <= rateLimits.write.burst.limit; count++)
    passes.push(await Promise.allSettled([request('alone').pass()]));
  expect(passes.flat().filter(({ status }) => status === 'rejected')).toHaveLength(1);
  expect(warn).toHaveBeenCalledTimes(rateLimits.write.burst.limit + 1);
  warn.mockRestore();
});
