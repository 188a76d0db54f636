import { describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { AppError } from '#lib/errors/app-error.ts';
import { createPipeline } from '#lib/http/create-pipeline.ts';
import { defineRouter } from '#lib/http/define-router.ts';
import { defineStaticEndpoint } from '#lib/http/define-static-endpoint.ts';
import type { Middleware } from '#lib/http/middleware.ts';
import { logger } from '#lib/observability/logger.ts';
import { answerTo, call, readAnswer } from '#test/support/call.ts';
import { lambdaContext, toEvent } from '#test/support/event.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';

const Greeting = z.object({ greeting: z.string() });
const spec = {
  id: 'greet',
  method: 'GET',
  path: '/greet',
  summary: 'Greet',
  response: { status: 200, schema: Greeting },
} as const;
const publicSpec = { ...spec, access: 'public', rateLimit: 'read', statements: 0 } as const;

function endpointThat(run: () => unknown) {
  return defineStaticEndpoint(spec, run as () => { greeting: string });
}

describe('an answer', () => {
  test('has only what the response schema declares', async () => {
    const endpoint = endpointThat(() => ({ greeting: 'hello', passwordHash: 'secret' }));
    expect((await call(endpoint)).body).toEqual({ greeting: 'hello' });
  });

  test('keeps a client request id that is well-formed, and replaces any other', async () => {
    const endpoint = endpointThat(() => ({ greeting: 'hello' }));
    const idOf = async (id: string) =>
      (await call(endpoint, { headers: { 'X-Request-Id': id } })).headers['x-request-id'];
    expect(await idOf('abc_DEF-123')).toBe('abc_DEF-123');
    for (const id of ['short', 'with space!', 'x'.repeat(129), 'line\nbreak'])
      expect(await idOf(id)).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('above two seconds is logged as slow', async () => {
    const warn = vi.spyOn(logger, 'warn');
    let clock = 0;
    const now = vi.spyOn(performance, 'now').mockImplementation(() => (clock += 1_001));
    await call(endpointThat(() => ({ greeting: 'late' })));
    now.mockRestore();
    expect(warn).toHaveBeenCalledWith(
      'slow request',
      expect.objectContaining({ operation: 'greet', durationMs: expect.any(Number) }),
    );
    warn.mockRestore();
  });
});

describe('whatever is thrown', () => {
  const secret = 'password=hunter2 at /srv/app/db.ts:7 select * from users';
  const thrown = [
    new Error(secret),
    secret,
    null,
    undefined,
    42,
    { toString: () => secret },
    Symbol(secret),
    [secret],
  ];

  test.each(thrown.map((value) => [value]))(
    'becomes a 500 that tells nothing, and is logged: %s',
    async (value) => {
      const endpoint = endpointThat(() => {
        throw value;
      });
      const { status, body, text } = await call(endpoint);
      expect([status, body.code]).toEqual([500, 'internal']);
      expect(Object.keys(body).sort()).toEqual([
        'code',
        'instance',
        'requestId',
        'retryable',
        'status',
        'title',
        'type',
      ]);
      expect(text).not.toContain('hunter2');
      expect(takeErrorLogs()).toHaveLength(1);
    },
  );

  test.each([
    ['ECONNREFUSED', Object.assign(new Error('x'), { code: 'ECONNREFUSED' })],
    [
      'a closed connection inside',
      new Error('query failed', { cause: Object.assign(new Error('x'), { code: 'CONNECTION_CLOSED' }) }),
    ],
    [
      'several addresses that refuse',
      new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })]),
    ],
    ['a server that shuts down', Object.assign(new Error('x'), { code: '57P01' })],
  ])('and means "not now" is 503 with Retry-After: %s', async (_, error) => {
    const endpoint = createPipeline({ spec: publicSpec, run: () => Promise.reject(error) });
    const { status, body, headers } = await call(endpoint);
    expect([status, body.code, body.retryable, headers['retry-after']]).toEqual([
      503,
      'unavailable',
      true,
      '1',
    ]);
    takeErrorLogs();
  });

  test('a result that breaks the response schema is our fault: 500', async () => {
    expect((await call(endpointThat(() => ({ greeting: 7 })))).status).toBe(500);
    expect(takeErrorLogs()).toHaveLength(1);
  });

  test('a pipeline that fails itself is caught by the outermost net', async () => {
    const broken: Middleware = {
      onError() {
        throw new Error(secret);
      },
    };
    const endpoint = createPipeline({
      spec: publicSpec,
      run: () => Promise.reject(new Error('first')),
      entry: [broken],
    });
    const response = await endpoint(toEvent(endpoint, {}), lambdaContext());
    expect(response.statusCode).toBe(500);
    expect(response.headers).toEqual({ 'content-type': 'application/problem+json', 'x-request-id': 'test' });
    expect(JSON.parse(response.body ?? '')).toEqual({
      type: '/problems/internal',
      title: 'Internal error',
      status: 500,
      instance: '/greet',
      code: 'internal',
      requestId: 'test',
      retryable: false,
    });
    expect(response.body).not.toContain('hunter2');
    expect(takeErrorLogs()).toHaveLength(1);
  });
});

test('an operation that runs into the time limit is answered with our own 504', async () => {
  const endpoint = createPipeline({ spec: publicSpec, run: () => new Promise(() => {}) });
  const { status, body } = await answerTo(endpoint, toEvent(endpoint, {}), lambdaContext(201));
  expect([status, body.code]).toEqual([504, 'deadline_exceeded']);
  takeErrorLogs();
});

test('a detail for the client and the fields of an AppError reach the answer', async () => {
  const endpoint = endpointThat(() => {
    throw new AppError('rate_limited', 'Slow down', { retryAfterSeconds: 7 });
  });
  const { status, body, headers } = await call(endpoint);
  expect([status, body.detail, headers['retry-after']]).toEqual([429, 'Slow down', '7']);
});

test('a router answers by the route key, and has no answer to a foreign one', async () => {
  const hello = endpointThat(() => ({ greeting: 'hello' }));
  const route = defineRouter([hello]);
  const get = toEvent(hello, {});
  const head = { ...toEvent(hello, { method: 'HEAD' }), routeKey: 'HEAD /greet' };
  const [got, headed] = [await route(get, lambdaContext()), await route(head, lambdaContext())];
  expect((await readAnswer(hello, get, got)).body).toEqual({ greeting: 'hello' });
  expect(await readAnswer(hello, head, headed)).toMatchObject({
    status: 200,
    headers: { 'content-length': '20' },
    text: '',
  });
  expect(() => route({ ...toEvent(hello, {}), routeKey: 'GET /else' }, lambdaContext())).toThrow('GET /else');
});
