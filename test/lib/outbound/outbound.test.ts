import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { runInvocation } from '#lib/invocation.ts';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { outbound } from '#lib/outbound/outbound.ts';
import { base, failure, received, secure, untrusted, upstream } from '#test/support/upstream-server.ts';

// An endpoint of its own: the breakers' state is looked at.
const redis = await startRedisEndpoint({ token: 'outbound' });
Object.assign(process.env, { UPSTASH_REDIS_REST_URL: redis.url, UPSTASH_REDIS_REST_TOKEN: redis.token });
afterAll(() => redis.close());
const soon = 300;

test('gives status, headers and body, of errors too', async () => {
  const service = upstream();
  const url = `${base}/echo`;
  const answer = await outbound(service, { url, method: 'POST', headers: { 'x-a': 'b' }, body: 'grüße' });
  expect(answer.status).toBe(200);
  expect(answer.json()).toMatchObject({
    method: 'POST',
    headers: { 'x-a': 'b', 'accept-encoding': 'identity', 'content-length': '7' },
  });
  expect(received.at(-1)?.body).toBe('grüße');
  expect((await outbound(service, { url: `${base}/status/404` })).status).toBe(404);
  expect((await outbound(service, { url: `${secure}/echo` })).text()).toContain('"GET"');
});

test('passes the trace on, or begins one, and adds its time to the invocation', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  await runInvocation(5_000, false, async (invocation) => {
    invocation.trace = { traceId, parentSpanId: 'b7ad6b7169203331', isSampled: true };
    await outbound(upstream(), { url: `${base}/echo` });
    expect(invocation.outboundMs).toBeGreaterThan(0);
  });
  const sent = () => received.at(-1)?.request.headers.traceparent;
  expect(sent()).toMatch(new RegExp(`^00-${traceId}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`));
  await outbound(upstream(), { url: `${base}/echo` });
  expect(sent()).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
});

describe('ends in time', () => {
  test.each(['/hangs', '/stalls'])('when %s', async (path) => {
    const service = upstream({ timeoutMs: soon });
    await expect(outbound(service, { url: base + path })).rejects.toEqual(failure('timeout'));
  });

  test('when a name is never resolved, or a connection never made', async () => {
    const stuck = createTcpServer(() => {});
    await new Promise<void>((listening) => stuck.listen(0, '127.0.0.1', listening));
    const { port } = stuck.address() as AddressInfo;
    const service = upstream({ timeoutMs: soon });
    // It accepts, but never shakes hands.
    await expect(outbound(service, { url: `https://127.0.0.1:${port}/` })).rejects.toEqual(
      failure('timeout'),
    );
    stuck.close();
  });

  test('before the deadline of the invocation, which is told as such', async () => {
    const startedAt = performance.now();
    const work = () => outbound(upstream(), { url: `${base}/hangs` });
    await expect(runInvocation(600, false, work)).rejects.toMatchObject({
      code: 'deadline_exceeded',
      failure: 'deadline',
    });
    expect(performance.now() - startedAt).toBeLessThan(600);
  });

  test('without a call when no time is left', async () => {
    const before = received.length;
    const work = () => outbound(upstream(), { url: `${base}/echo` });
    await expect(runInvocation(200, false, work)).rejects.toEqual(failure('deadline'));
    expect(received).toHaveLength(before);
  });

  test('when the caller gives up', async () => {
    const signal = AbortSignal.timeout(soon);
    await expect(outbound(upstream(), { url: `${base}/hangs`, signal })).rejects.toEqual(failure('aborted'));
  });
});

describe('survives', () => {
  test('a body without end, and takes no more of it than it may', async () => {
    await expect(outbound(upstream(), { url: `${base}/endless` })).rejects.toEqual(failure('too_large'));
  });

  test('a bomb: what is compressed stays so', async () => {
    const { body, headers } = await outbound(upstream(), { url: `${base}/bomb` });
    expect(headers['content-encoding']).toBe('gzip');
    expect(body.length).toBeLessThan(20_000);
  });

  test.each(['/headers', '/cut', '/upgrade'])('an answer that is none: %s', async (path) => {
    await expect(outbound(upstream(), { url: base + path })).rejects.toEqual(failure('connection'));
  });

  test('nobody at the other end', async () => {
    await expect(outbound(upstream(), { url: 'http://127.0.0.1:9/' })).rejects.toMatchObject({
      code: 'unavailable',
      failure: 'connection',
    });
  });

  test('a certificate that nobody trusts, or of another host', async () => {
    for (const url of [`${untrusted}/echo`, secure.replace('localhost', '[::ffff:127.0.0.1]')])
      await expect(outbound(upstream(), { url })).rejects.toEqual(failure('connection'));
  });
});

describe('refuses', () => {
  test.each([
    'http://127.0.0.1/',
    'https://localhost/',
    'https://127.0.0.1/',
    'not a URL',
    'http://example.com/',
  ])('%s for a service on the internet', async (url) => {
    await expect(outbound(upstream({ network: 'public' }), { url })).rejects.toMatchObject({
      code: 'internal',
      failure: 'refused',
    });
  });

  test('headers that would become another request', async () => {
    const headers = { 'x-a': 'b\r\nhost: evil' };
    await expect(outbound(upstream(), { url: `${base}/echo`, headers })).rejects.toEqual(failure('refused'));
  });
});

test('a name that turns to a forbidden address is refused when it does', async () => {
  const addresses = ['127.0.0.1', '169.254.169.254'];
  type Answer = (error: null, found: object[]) => void;
  const resolve = (_: string, __: object, answer: Answer) =>
    answer(null, [{ address: addresses.shift(), family: 4 }]);
  const lookup = vi.spyOn(dns, 'lookup').mockImplementation(resolve as never);
  syncBuiltinESMExports();
  const url = `${base.replace('127.0.0.1', 'rebinding.example')}/echo`;
  expect((await outbound(upstream(), { url })).status).toBe(200);
  await expect(outbound(upstream(), { url })).rejects.toEqual(failure('refused'));
  expect(lookup).toHaveBeenCalledTimes(2);
  lookup.mockRestore();
  syncBuiltinESMExports();
});
