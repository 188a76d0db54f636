import { expect, test } from 'vitest';
import { runInvocation } from '#lib/invocation.ts';
import { logger } from '#lib/observability/logger.ts';
import { captureLogLines } from '#test/support/capture-log-lines.ts';

const parsed = (lines: readonly string[]) => lines.map((line) => JSON.parse(line));

test('a log entry is one flat JSON line, an error in it has its name, message and cause', () => {
  const lines = captureLogLines();
  logger.info('request', { status: 201, path: '/a\nb', level: 'kept', absent: undefined });
  logger.error('failed', { error: new Error('outer', { cause: new TypeError('inner') }) });
  const [first, second] = parsed(lines);
  expect(lines).toHaveLength(2);
  expect(first).toEqual({
    level: 'INFO',
    message: 'request',
    timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    service: 'plinth',
    status: 201,
    path: '/a\nb',
  });
  expect(second).toMatchObject({
    level: 'ERROR',
    error: { name: 'Error', message: 'outer', stack: expect.any(String), cause: { name: 'TypeError' } },
  });
});

test('every form of a log call is understood', () => {
  const lines = captureLogLines();
  logger.warn({ message: 'one', count: 1 });
  logger.info('two', new Error('as an argument'));
  logger.info('three', 'as a text');
  expect(parsed(lines)).toMatchObject([
    { level: 'WARN', message: 'one', count: 1 },
    { message: 'two', error: { message: 'as an argument' } },
    { message: 'three', extra: 'as a text' },
  ]);
});

test('whatever is logged during a request names it and its trace', () => {
  const lines = captureLogLines();
  runInvocation(1_000, false, (invocation) => {
    invocation.requestId = 'request-1';
    invocation.trace = { traceId: 'a'.repeat(32), parentSpanId: undefined, isSampled: false };
    logger.info('inside');
  });
  logger.info('outside');
  const [inside, outside] = parsed(lines);
  expect(inside).toMatchObject({ requestId: 'request-1', traceId: 'a'.repeat(32) });
  expect(outside).not.toHaveProperty('requestId');
});

test('what an invocation says at DEBUG is printed when it logs an error, and else forgotten', () => {
  const lines = captureLogLines();
  process.env._X_AMZN_TRACE_ID = 'Root=1-5759e988-bd862e3fe1be46a994272793';
  logger.debug('quiet', { password: 'hunter2' });
  process.env._X_AMZN_TRACE_ID = 'Root=1-5759e988-ffffffffffffffffffffffff';
  logger.debug('first step', { password: 'hunter2' });
  logger.info('second step');
  expect(parsed(lines).map(({ message }) => message)).toEqual(['second step']);
  logger.error('failed');
  delete process.env._X_AMZN_TRACE_ID;
  expect(parsed(lines)).toMatchObject([
    { message: 'second step' },
    { level: 'DEBUG', message: 'first step', password: '[redacted]' },
    { level: 'ERROR', message: 'failed' },
  ]);
});

test('at DEBUG nothing is kept back', () => {
  const lines = captureLogLines('DEBUG');
  process.env._X_AMZN_TRACE_ID = 'Root=1-5759e988-bd862e3fe1be46a994272793';
  logger.debug('at once');
  delete process.env._X_AMZN_TRACE_ID;
  expect(lines).toHaveLength(1);
});
