import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { getConfig } from '#lib/config/get-config.ts';
import { noteFailure, takeFailures } from '#lib/errors/failure-buffer.ts';
import { forgetPause, parseDsn, sendToSentry } from '#lib/errors/sentry-sink.ts';
import { createSecret } from '#lib/local/create-secret.ts';

interface Received {
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const received: Received[] = [];
let answer: { status: number; headers?: Record<string, string> } | undefined = { status: 200 };
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  received.push({ url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
  if (answer) response.writeHead(answer.status, answer.headers).end('{"id":"1"}');
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

Object.assign(process.env, {
  PLINTH_STAGE: 'test',
  DATABASE_URL: 'postgres://nowhere',
  UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:1',
  UPSTASH_REDIS_REST_TOKEN: 'x',
  AUTH_SECRET: createSecret(),
  SENTRY_DSN: `http://publickey@127.0.0.1:${port}/prefix/42`,
});
getConfig();

const origin = { release: 'r1', environment: 'test' };
const send = (timeoutMs = 5_000) => sendToSentry(failures(), origin, timeoutMs);

function failures(kinds = 1) {
  takeFailures();
  for (let kind = 0; kind < kinds; kind++)
    noteFailure({
      operation: `getProject${kind}`,
      code: 'internal',
      error: new TypeError('ü is broken for ada@example.com'),
      requestId: 'request-1',
      traceId: 'a'.repeat(32),
      at: new Date('2026-11-21T09:00:00Z'),
    });
  return takeFailures();
}

beforeEach(() => {
  received.length = 0;
  answer = { status: 200 };
  forgetPause();
});

/** As a Sentry server reads an envelope: items are as long as their header says. */
function parseEnvelope(body: string) {
  const bytes = Buffer.from(body);
  const lineAt = (from: number) => bytes.indexOf('\n', from);
  const header = JSON.parse(bytes.subarray(0, lineAt(0)).toString());
  const itemStart = lineAt(0) + 1;
  const item = JSON.parse(bytes.subarray(itemStart, lineAt(itemStart)).toString());
  const start = lineAt(itemStart) + 1;
  expect(bytes.subarray(start + item.length).toString()).toBe('\n');
  return { header, item, event: JSON.parse(bytes.subarray(start, start + item.length).toString()) };
}

test('an event is an envelope that a Sentry server takes, redacted', async () => {
  await send();
  const [request] = received;
  expect(request?.url).toBe('/prefix/api/42/envelope/');
  expect(request?.headers).toMatchObject({
    'content-type': 'application/x-sentry-envelope',
    'x-sentry-auth': 'Sentry sentry_version=7, sentry_key=publickey, sentry_client=plinth/1',
  });
  const { header, item, event } = parseEnvelope(request?.body ?? '');
  expect(header).toEqual({ event_id: expect.stringMatching(/^[0-9a-f]{32}$/), sent_at: expect.any(String) });
  expect(item.type).toBe('event');
  expect(event).toMatchObject({
    event_id: header.event_id,
    timestamp: '2026-11-21T09:00:00.000Z',
    platform: 'node',
    level: 'error',
    release: 'r1',
    environment: 'test',
    transaction: 'getProject0',
    fingerprint: [expect.stringMatching(/^[0-9a-f]{32}$/)],
    exception: { values: [{ type: 'TypeError', value: 'ü is broken for [email]' }] },
    tags: { code: 'internal', requestId: 'request-1' },
    contexts: { trace: { trace_id: 'a'.repeat(32), span_id: expect.stringMatching(/^[0-9a-f]{16}$/) } },
  });
});

test('of many kinds at once five are sent', async () => {
  await sendToSentry(failures(20), origin, 5_000);
  expect(received).toHaveLength(5);
});

test.each([
  [200, { 'x-sentry-rate-limits': '60:error:organization' }, true],
  [200, { 'x-sentry-rate-limits': '60::organization' }, true],
  [200, { 'x-sentry-rate-limits': '60:transaction;error:key, 10:session:key' }, true],
  [200, { 'x-sentry-rate-limits': '60:transaction:organization' }, false],
  [429, {}, true],
  [429, { 'retry-after': '5' }, true],
  [503, {}, false],
  [200, { 'x-sentry-rate-limits': 'nonsense' }, false],
] as const)('after %s with %o the server is left alone: %s', async (status, headers, isPaused) => {
  answer = { status, headers };
  await send().catch(() => {});
  answer = { status: 200 };
  await send();
  expect(received).toHaveLength(isPaused ? 1 : 2);
});

test('a server that hangs, or is away, costs no more than the time given', async () => {
  answer = undefined;
  await expect(send(50)).rejects.toThrow(/timeout/i);
  const config = getConfig() as { SENTRY_DSN: string };
  config.SENTRY_DSN = 'http://publickey@127.0.0.1:1/42';
  await expect(send()).rejects.toThrow();
  config.SENTRY_DSN = '';
  await expect(send()).resolves.toBeUndefined();
});

test.each(['https://host/42', 'https://key@host/', 'nonsense'])('%s is no DSN', (dsn) => {
  expect(() => parseDsn(dsn)).toThrow();
});
