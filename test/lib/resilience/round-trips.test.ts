import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gate } from '#lib/http/gate.ts';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { outbound } from '#lib/outbound/outbound.ts';
import { sendRequest } from '#lib/outbound/send-request.ts';
import type { Upstream } from '#lib/outbound/upstreams.ts';
import { getRedis } from '#lib/redis/client.ts';
import { stateOf } from '#lib/resilience/circuit-breaker-state.ts';

const redis = await startRedisEndpoint({ token: 'round-trips' });
Object.assign(process.env, { UPSTASH_REDIS_REST_URL: redis.url, UPSTASH_REDIS_REST_TOKEN: redis.token });
const server = createServer((_, response) => response.end());
let url = '';
beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await redis.close();
});

const upstream: Upstream = {
  name: 'known',
  timeoutMs: 5_000,
  retries: 0,
  network: 'any',
  largestBodyBytes: 1024,
  send: sendRequest,
  minimumCalls: 4,
};
const pass = () =>
  gate('read').before?.({
    event: { principal: 'user:ada', startedAt: performance.now(), responseHeaders: {} },
    internal: {},
  } as never);
const ageBy = (ms: number) => {
  stateOf('known').learnedAtMs -= ms;
};

test('a call behind the gate costs Redis nothing: the gate brings the state of the breakers that were used', async () => {
  await pass();
  await outbound(upstream, { url });
  ageBy(60_000);
  const before = redis.requests();
  await pass();
  await outbound(upstream, { url });
  expect(redis.requests() - before).toBe(1);
});

test('the gate tells of an open breaker, and of one that an operator holds', async () => {
  for (const [key, value, ms] of [
    ['override', '1', '60000'],
    ['open', '1', '60000'],
  ] as const) {
    await getRedis().eval(
      "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])",
      [`breaker:known:${key}`],
      [value, ms],
    );
    await getRedis().set('breaker:known:trips', '1');
    await pass();
    await expect(outbound(upstream, { url })).rejects.toMatchObject({ code: 'unavailable' });
    await getRedis().del(`breaker:known:${key}`, 'breaker:known:trips');
    await pass();
    expect((await outbound(upstream, { url })).status).toBe(200);
  }
});

test('without a gate, as in a job, the state is asked for once in five seconds', async () => {
  ageBy(60_000);
  const before = redis.requests();
  for (let count = 0; count < 20; count++) await outbound(upstream, { url });
  expect(redis.requests() - before).toBeLessThanOrEqual(2);
});
