import { randomUUID } from 'node:crypto';
import dns from 'node:dns';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { getInvocation, runInvocation } from '#lib/invocation.ts';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { following } from '#lib/outbound/follow-redirects.ts';
import { outbound } from '#lib/outbound/outbound.ts';
import { sendRequest } from '#lib/outbound/send-request.ts';
import type { Upstream } from '#lib/outbound/upstreams.ts';
import { getRedis } from '#lib/redis/client.ts';
import { createSelfSignedCertificate } from '#test/support/self-signed-certificate.ts';

const redis = await startRedisEndpoint({ token: 'outbound' });
Object.assign(process.env, { UPSTASH_REDIS_REST_URL: redis.url, UPSTASH_REDIS_REST_TOKEN: redis.token });

const received: { request: IncomingMessage; body: string }[] = [];
const open: { close(): unknown; closeAllConnections?(): void }[] = [];
const pages: Record<string, RequestListener> = {
  '/echo': (request, response) =>
    response.end(JSON.stringify({ method: request.method, headers: request.headers })),
  '/status/503': (_, response) => response.writeHead(503).end(),
  '/status/429': (_, response) => response.writeHead(429, { 'retry-after': '60' }).end(),
  '/status/404': (_, response) => response.writeHead(404).end(),
  '/hangs': () => {},
  '/stalls': (_, response) => response.writeHead(200, { 'content-length': '100' }).write('half'),
  '/endless': (_, response) => {
    const chunk = Buffer.alloc(16 * 1024);
    const write = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', write);
    write();
  },
  '/bomb': (_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(10_000_000))),
  '/headers': (_, response) => response.writeHead(200, { 'x-huge': 'x'.repeat(20_000) }).end(),
  '/cut': (_, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('half');
    setImmediate(() => response.destroy());
  },
  '/upgrade': (_, response) => response.writeHead(101, { upgrade: 'x', connection: 'upgrade' }).end(),
};
const listener: RequestListener = async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString();
  received.push({ request, body });
  const url = new URL(request.url ?? '', 'http://x');
  const location = url.searchParams.get('to');
  if (location) response.writeHead(Number(url.searchParams.get('with') ?? 302), { location }).end();
  else (pages[url.pathname] as RequestListener)(request, response);
};

async function start(server: Server): Promise<number> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  open.push(server);
  return (server.address() as AddressInfo).port;
}
let base = '';
let other = '';
let secure = '';
const trusted = createSelfSignedCertificate();
beforeAll(async () => {
  base = `http://127.0.0.1:${await start(createServer(listener))}`;
  other = `http://127.0.0.1:${await start(createServer(listener))}`;
  secure = `https://localhost:${await start(createTlsServer(trusted, listener))}`;
  setDefaultCACertificates([...getCACertificates('default'), trusted.cert]);
});
afterAll(async () => {
  for (const server of open) {
    server.closeAllConnections?.();
    server.close();
  }
  await redis.close();
});

/** A service of the test's own, so that no other test's failures open its breaker. */
const upstream = (settings: Partial<Upstream> = {}): Upstream => ({
  name: randomUUID(),
  timeoutMs: 5_000,
  retries: 0,
  network: 'any',
  largestBodyBytes: 64 * 1024,
  send: sendRequest,
  minimumCalls: 1_000,
  ...settings,
});
const failure = (reason: string) => expect.objectContaining({ name: 'OutboundError', failure: reason });
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

test('passes the trace on, and adds its time to the invocation', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await runInvocation(5_000, false, async () => {
    Object.assign(getInvocation() ?? {}, { traceparent });
    await outbound(upstream(), { url: `${base}/echo` });
    expect(getInvocation()?.outboundMs).toBeGreaterThan(0);
  });
  expect(received.at(-1)?.request.headers.traceparent).toBe(traceparent);
  await outbound(upstream(), { url: `${base}/echo` });
  expect(received.at(-1)?.request.headers.traceparent).toBeUndefined();
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
    const port = await start(createTlsServer(createSelfSignedCertificate(), listener));
    for (const url of [`https://localhost:${port}/echo`, secure.replace('localhost', '[::ffff:127.0.0.1]')])
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

describe('redirects', () => {
  const redirecting = (to: string, status = 302) =>
    `${base}/?${new URLSearchParams({ to, with: String(status) })}`;
  const secrets = { authorization: 'Bearer secret', cookie: 'a=b', 'x-api-key': 'key', accept: 'text/plain' };

  test('are answers unless the service follows them', async () => {
    const { status, headers } = await outbound(upstream(), { url: redirecting('/echo') });
    expect([status, headers.location]).toEqual([302, '/echo']);
  });

  test('keep credentials at home, and drop them abroad', async () => {
    const service = upstream({ send: following(3) });
    await outbound(service, { url: redirecting('/echo'), headers: secrets });
    expect(received.at(-1)?.request.headers).toMatchObject(secrets);
    await outbound(service, { url: redirecting(`${other}/echo`), headers: secrets });
    const abroad = received.at(-1)?.request.headers;
    expect(abroad).toMatchObject({ accept: 'text/plain' });
    for (const name of ['authorization', 'cookie', 'x-api-key']) expect(abroad).not.toHaveProperty(name);
  });

  test('turn a POST into a GET, or keep it, and its body at home', async () => {
    const service = upstream({ send: following(3) });
    const post = { method: 'POST', body: 'secret', headers: { 'content-type': 'text/plain' } };
    await outbound(service, { url: redirecting('/echo', 303), ...post });
    expect(received.at(-1)).toMatchObject({ request: { method: 'GET' }, body: '' });
    await outbound(service, { url: redirecting('/echo', 307), ...post });
    expect(received.at(-1)).toMatchObject({ request: { method: 'POST' }, body: 'secret' });
    await expect(outbound(service, { url: redirecting(`${other}/echo`, 308), ...post })).rejects.toEqual(
      failure('refused'),
    );
  });

  test('end: a loop, a forbidden address, a name for one, plain http, nonsense', async () => {
    const service = upstream({ send: following(3) });
    const before = received.length;
    pages['/loop'] = (_, response) => response.writeHead(302, { location: '/loop' }).end();
    await expect(outbound(service, { url: `${base}/loop` })).rejects.toEqual(failure('refused'));
    expect(received.length - before).toBe(4);
    for (const to of ['http://169.254.169.254/', 'http://[::ffff:169.254.169.254]/', 'ftp://x/', 'http://['])
      await expect(outbound(service, { url: redirecting(to) }), to).rejects.toEqual(failure('refused'));
    const url = `${secure}/?${new URLSearchParams({ to: `${base}/echo` })}`;
    await expect(outbound(service, { url })).rejects.toEqual(failure('refused'));
  });
});

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
