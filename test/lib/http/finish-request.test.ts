import { expect, test, vi } from 'vitest';
import * as z from 'zod';
import { AppError } from '#lib/errors/app-error.ts';
import { createPipeline } from '#lib/http/create-pipeline.ts';
import { getInvocation } from '#lib/invocation.ts';
import { call } from '#test/support/call.ts';
import { captureLogLines } from '#test/support/capture-log-lines.ts';

const spec = {
  id: 'greet',
  method: 'POST',
  path: '/greet/{name}',
  summary: 'Greet',
  access: 'public',
  rateLimit: 'read',
  statements: 0,
  response: { status: 200, schema: z.object({ greeting: z.string() }) },
} as const;

const greet = createPipeline({
  spec,
  run: () => {
    const invocation = getInvocation();
    if (invocation)
      Object.assign(invocation, { databaseMs: 3.21, statements: 2, redisMs: 1.23, outboundMs: 4.56 });
    return { greeting: 'hello' };
  },
});
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const headers = { 'x-request-id': 'request-1', traceparent: `00-${traceId}-00f067aa0ba902b7-01` };

test('a request writes one line, with where its time went', async () => {
  const lines = captureLogLines();
  await call(greet, { headers, params: { name: 'ada' }, body: { any: 'ü' } });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 'INFO',
    message: 'request',
    timestamp: expect.any(String),
    service: 'plinth',
    requestId: 'request-1',
    traceId,
    operation: 'greet',
    method: 'POST',
    route: '/greet/{name}',
    path: '/greet/ada',
    status: 200,
    durationMs: expect.any(Number),
    databaseMs: 3.2,
    statements: 2,
    redisMs: 1.2,
    outboundMs: 4.6,
    coldStart: expect.any(Boolean),
    requestBytes: 12,
    responseBytes: 20,
  });
});

test('the answer tells where its time went, and leaves out what was not needed', async () => {
  const quick = createPipeline({ spec, run: () => ({ greeting: 'hello' }) });
  const timing = async (endpoint: typeof quick) => (await call(endpoint)).headers;
  const detailed = await timing(greet);
  expect(detailed['server-timing']).toMatch(
    /^total;dur=[\d.]+, db;dur=3\.2, redis;dur=1\.2, outbound;dur=4\.6$/,
  );
  expect(detailed['x-process-time']).toMatch(/^\d+\.\d{6}$/);
  expect((await timing(quick))['server-timing']).toMatch(/^total;dur=[\d.]+$/);
});

test('a refusal names its code, a secret in the path or the request id stays out of the line', async () => {
  const lines = captureLogLines();
  const refuse = createPipeline({
    spec: { ...spec, errors: ['slug_taken'] },
    run: () => {
      throw new AppError('slug_taken', 'Taken');
    },
  });
  const key = `plk_${'a'.repeat(32)}_${'B'.repeat(49)}`;
  await call(refuse, { path: `/greet/${key}`, headers: { 'x-request-id': key } });
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'INFO', status: 409, errorCode: 'slug_taken' });
  expect(lines[0]).not.toContain('plk_');
});

test('above two seconds the line is a warning', async () => {
  const lines = captureLogLines();
  let clock = 0;
  const now = vi.spyOn(performance, 'now').mockImplementation(() => (clock += 1_001));
  await call(greet);
  now.mockRestore();
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'WARN',
    message: 'slow request',
    databaseMs: 3.2,
  });
});
