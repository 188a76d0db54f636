import { describe, expect, test } from 'vitest';
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

describe('whatever is logged', () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const circular: Record<string, unknown> = { name: 'circle' };
  circular.self = circular;
  const causes = new Error('first');
  causes.cause = new Error('second', { cause: causes });
  const deep: object = Array.from({ length: 10_000 }).reduce<object>((inner) => ({ inner }), {});
  const hostile: [string, unknown, unknown][] = [
    [
      'a getter that throws',
      Object.defineProperty({ a: 1 }, 'b', { enumerable: true, get: fail }),
      { a: 1, b: '[threw]' },
    ],
    [
      'an error whose message throws',
      Object.defineProperty(new Error('x'), 'message', { get: fail }),
      { message: '[threw]' },
    ],
    ['a revoked proxy', revoked.proxy, '[unreadable]'],
    ['a circle', circular, { name: 'circle', self: '[circular]' }],
    ['a circle of causes', causes, { message: 'first', cause: { cause: '[circular]' } }],
    ['a BigInt', 12n, '12'],
    ['what JSON refuses', { toJSON: fail, text: 'kept' }, { toJSON: '[function]', text: 'kept' }],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['bytes', Buffer.alloc(1e6), '[1000000 bytes]'],
    ['a date that is none', new Date('x'), '[invalid date]'],
    ['several errors', new AggregateError([new Error('one')], 'all'), { errors: [{ message: 'one' }] }],
    [
      'what libraries hang on errors',
      Object.assign(new Error('x'), { code: '23505', detail: 'row' }),
      { code: '23505' },
    ],
    ['what is too deep', deep, {}],
  ];

  test.each(hostile)('becomes a line: %s', (_, value, kept) => {
    const lines = captureLogLines();
    logger.info('it', { value });
    expect(JSON.parse(lines[0] ?? '').value).toEqual(
      typeof kept === 'object' ? expect.objectContaining(toMatcher(kept)) : kept,
    );
  });

  test('an error keeps nothing that is not listed', () => {
    const lines = captureLogLines();
    logger.info('it', { error: Object.assign(new Error('x'), { parameters: ['mine'], detail: 'mine' }) });
    expect(lines[0]).not.toContain('mine');
  });

  test('a line stays below what CloudWatch takes, and no pattern looks at a text again and again', () => {
    const lines = captureLogLines();
    const wide = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, at) => [`field${at}`, 'x'.repeat(5_000)]),
    );
    const parts = [
      'token=',
      '@',
      'a',
      'a.',
      '"',
      "'",
      '://',
      '://a:',
      'bearer ',
      'cookie ',
      'eyJ',
      'A',
      '- ',
      '%3D',
      'token%3D',
      '%40',
      '%2F%2F',
      '%2F%2Fa%3A',
      '["token",',
      'token"',
      'bearer%20',
    ];
    const texts = parts.map((part) => part.repeat(1e5));
    const input = { texts, mixed: texts.map((text) => `password${text}`), wide, list: Array(1e5).fill(wide) };
    const startedAt = performance.now();
    logger.info('x'.repeat(1e6), input);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(lines[0]?.length).toBeLessThan(100_000);
  });
});

function toMatcher(kept: unknown): Record<string, unknown> {
  const entries = Object.entries(kept as object).map(([key, value]) => [
    key,
    typeof value === 'object' && !Array.isArray(value) ? expect.objectContaining(toMatcher(value)) : value,
  ]);
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      Array.isArray(value) ? value.map((item) => expect.objectContaining(item)) : value,
    ]),
  );
}

function fail(): never {
  throw new Error('hostile');
}
