import { afterAll, describe, expect, test } from 'vitest';
import { runInvocation } from '#lib/invocation.ts';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { outbound } from '#lib/outbound/outbound.ts';
import type { Upstream } from '#lib/outbound/upstreams.ts';
import { getRedis } from '#lib/redis/client.ts';
import { base, failure, pages, received, upstream } from '#test/support/upstream-server.ts';

// An endpoint of its own: the breakers' state is looked at.
const redis = await startRedisEndpoint({ token: 'outbound' });
Object.assign(process.env, { UPSTASH_REDIS_REST_URL: redis.url, UPSTASH_REDIS_REST_TOKEN: redis.token });
afterAll(() => redis.close());
const soon = 300;

describe('retries', () => {
  const service = (settings: Partial<Upstream> = {}) =>
    upstream({ retries: 2, minimumCalls: 10_000, ...settings });
  /** Calls that earn ten retries. */
  async function earn(of: Upstream) {
    for (let count = 0; count < 100; count++) await outbound(of, { url: `${base}/echo` });
  }

  test('what may be sent twice, until it succeeds, and nothing else', async () => {
    const flaky = service();
    await earn(flaky);
    let failures = 2;
    pages['/flaky'] = (_, response) => response.writeHead(failures-- > 0 ? 503 : 200).end();
    const url = `${base}/flaky`;
    expect((await outbound(flaky, { url, isIdempotent: true })).status).toBe(200);
    failures = 2;
    expect((await outbound(flaky, { url })).status).toBe(503);
  });

  test('no more than a tenth of the calls', async () => {
    const failing = service();
    const before = received.length;
    for (let count = 0; count < 100; count++)
      await outbound(failing, { url: `${base}/status/503`, isIdempotent: true });
    expect(received.length - before).toBe(110);
  }, 20_000);

  test('neither an answer of 4xx, nor when the service wants us to wait longer than we can', async () => {
    const patient = service();
    await earn(patient);
    const before = received.length;
    await outbound(patient, { url: `${base}/status/404`, isIdempotent: true });
    const work = () => outbound(patient, { url: `${base}/status/429`, isIdempotent: true });
    expect((await runInvocation(5_000, false, work)).status).toBe(429);
    expect(received.length - before).toBe(2);
  });

  test('end with the caller', async () => {
    const slow = service();
    await earn(slow);
    const before = received.length;
    const signal = AbortSignal.timeout(soon);
    const call = outbound(slow, { url: `${base}/status/429`, isIdempotent: true, signal });
    await expect(call).rejects.toEqual(failure('aborted'));
    expect(received.length - before).toBe(1);
  });
});

describe('the breaker', () => {
  const keys = (name: string) =>
    Promise.all(['open', 'window'].map((key) => getRedis().exists(`breaker:${name}:${key}`)));

  test.each(['/status/503', '/status/429', '/hangs', '/cut'])('counts %s as a failure', async (path) => {
    const service = upstream({ timeoutMs: soon });
    await outbound(service, { url: base + path }).catch(() => {});
    expect(await keys(service.name)).toEqual([0, 1]);
  });

  test('counts neither 4xx, nor what we refuse, cut or give up', async () => {
    const service = upstream();
    await outbound(service, { url: `${base}/status/404` });
    await outbound(service, { url: `${base}/endless` }).catch(() => {});
    await outbound(service, { url: 'ftp://x/' }).catch(() => {});
    await outbound(service, { url: `${base}/hangs`, signal: AbortSignal.timeout(50) }).catch(() => {});
    await runInvocation(400, false, () => outbound(service, { url: `${base}/hangs` })).catch(() => {});
    expect(await keys(service.name)).toEqual([0, 0]);
  });

  test('refuses at once while open, with the time to wait', async () => {
    const service = upstream({ minimumCalls: 3 });
    for (let count = 0; count < 3; count++) await outbound(service, { url: `${base}/status/503` });
    const before = received.length;
    await expect(outbound(service, { url: `${base}/echo` })).rejects.toMatchObject({
      code: 'unavailable',
      options: { retryAfterSeconds: expect.any(Number) },
    });
    expect(received).toHaveLength(before);
  });
});
