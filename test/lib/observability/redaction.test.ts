import { createHmac, randomUUID } from 'node:crypto';
import { DrizzleQueryError } from 'drizzle-orm/errors';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generateKey } from '#lib/api-keys/key-format.ts';
import { logger } from '#lib/observability/logger.ts';
import { redactText } from '#lib/observability/redact-text.ts';
import { captureLogLines } from '#test/support/capture-log-lines.ts';

const base64url = (text: string) => Buffer.from(text).toString('base64url');
const word = fc.stringMatching(/^[A-Za-z0-9]{12,24}$/);

/** Secrets that are known by their form, wherever they stand. */
const recognizable = fc.oneof(
  fc.constant(0).map(() => generateKey(randomUUID()).key),
  fc.record({ sub: fc.uuid(), exp: fc.nat() }).map((claims) => {
    const signed = `${base64url('{"alg":"EdDSA","typ":"at+jwt"}')}.${base64url(JSON.stringify(claims))}`;
    return `${signed}.${createHmac('sha256', 'k').update(signed).digest('base64url')}`;
  }),
  fc.stringMatching(/^A[KS]IA[A-Z0-9]{16}$/),
  word.map((name) => `${name}@example.com`),
);
/** Secrets that only what stands before them gives away. */
const opaque = fc.oneof(
  word.map((text) => `pw-${text}`),
  fc.stringMatching(/^[A-Za-z0-9_-]{43}$/).map((text) => `s${text}`),
);

type Planted = [secret: string, log: () => void];
const name = fc.constantFrom(
  'authorization',
  'Authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'password',
  'newPassword',
  'refreshToken',
  'access_token',
  'clientSecret',
  'csrfToken',
);
const nest = (depth: number, value: unknown): unknown =>
  depth === 0 ? value : { [`level${depth}`]: [nest(depth - 1, value)] };

const plantings: fc.Arbitrary<Planted>[] = [
  fc
    .tuple(name, fc.oneof(recognizable, opaque))
    .map(([field, secret]) => [
      secret,
      () => logger.info('in a header', { headers: { [field]: `Bearer ${secret}` } }),
    ]),
  fc
    .tuple(name, opaque, fc.nat(4))
    .map(([field, secret, depth]) => [
      secret,
      () => logger.info('in a nested object', { input: nest(depth, { [field]: { deep: [secret] } }) }),
    ]),
  fc
    .tuple(recognizable, fc.nat(4), fc.string())
    .map(([secret, depth, around]) => [
      secret,
      () => logger.info('under a name that tells nothing', { value: nest(depth, `${around} ${secret} x`) }),
    ]),
  fc
    .tuple(name, opaque)
    .map(([field, secret]) => [
      secret,
      () => logger.info('in a body', { body: JSON.stringify({ name: 'x', [field]: secret }) }),
    ]),
  fc
    .tuple(name, opaque)
    .map(([field, secret]) => [
      secret,
      () => logger.info('in a body in a body', { text: JSON.stringify(JSON.stringify({ [field]: secret })) }),
    ]),
  fc
    .tuple(name, opaque)
    .map(([field, secret]) => [
      secret,
      () => logger.info('in a query', { url: `/callback?state=1&${field}=${secret}&page=2` }),
    ]),
  fc
    .integer({ min: 100_000, max: 999_999 })
    .map((code) => [
      String(code),
      () => logger.info('a code', { body: { code: String(code) }, query: `?code=${code}&x=1` }),
    ]),
  fc.tuple(recognizable, fc.string()).map(([secret, around]) => [
    secret,
    () =>
      logger.error(`in an error ${secret}`, {
        error: new Error(`${around} ${secret}`, { cause: new TypeError(`because of ${secret}`) }),
      }),
  ]),
  opaque.map((secret) => [
    secret,
    () =>
      logger.error('a URL', new Error(`connect to postgres://plinth:${secret}@db.internal:5432/x failed`)),
  ]),
  fc
    .tuple(name, opaque)
    .map(([field, secret]) => [
      secret,
      () => logger.info('in a Map', { headers: new Map<unknown, unknown>([[field, secret]]) }),
    ]),
  recognizable.map((secret) => [
    secret,
    () => logger.info(`as the message ${secret}`, { [secret]: 'as a name', list: new Set([secret]) }),
  ]),
  fc
    .tuple(recognizable, fc.integer({ min: 0, max: 4_000 }))
    .map(([secret, at]) => [
      secret.slice(0, 18),
      () => logger.info('in a long text', { text: `${'x '.repeat(at)}${secret}${' y'.repeat(4_000)}` }),
    ]),
];

test('of 10,000 lines with planted secrets none shows one', () => {
  const lines = captureLogLines();
  const planted = fc.sample(fc.oneof(...plantings), { numRuns: 10_000, seed: 7 });
  for (const [, log] of planted) log();
  expect(lines).toHaveLength(10_000);
  const found = planted.flatMap(([secret], index) => (lines[index]?.includes(secret) ? [lines[index]] : []));
  expect(found).toEqual([]);
  expect(
    lines.filter((line) => line.includes('[redacted]') || line.includes('[email]')).length,
  ).toBeGreaterThan(8_500);
}, 60_000);

test.each([
  ['plk_0198ffff of a key', '[redacted] of a key'],
  ['token eyJhbGciOi', 'token [redacted]'],
  ['Authorization: Bearer abcdefgh', 'Authorization: Bearer [redacted]'],
  ['Cookie: a=b; auth_token=c\nnext', 'Cookie: [redacted]\nnext'],
  ['postgres://plinth:p@ss@db/x', 'postgres://[redacted]@db/x'],
  ['{"password": "two words", "name": "x"}', '{"password": [redacted], "name": "x"}'],
  ['?code=123456&state=1', '?code=[redacted]&state=1'],
  ['mail ada.l+x@example.co.uk now', 'mail [email] now'],
  ['AKIAIOSFODNN7EXAMPLE', '[redacted]'],
])('%j is told as %j', (text, told) => {
  expect(redactText(text)).toBe(told);
});

describe('what is no secret stays readable', () => {
  test.each([
    'connect ECONNREFUSED 127.0.0.1:5432',
    'query failed: select "id", "token_hash" from "sessions" where "id" = $1',
    'The access token or API key is missing, expired or not valid',
    '/api/v1/projects/01980000-0000-7000-8000-000000000001',
    '{"code":"slug_taken"} code: 23505, code=ECONNRESET',
    'https://api.example.com:8443/v1/things?page=2',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
  ])('%s', (text) => {
    expect(redactText(text)).toBe(text);
  });
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

test('the parameters of a failed query are not logged, whoever wraps the error', () => {
  const lines = captureLogLines();
  const query = new DrizzleQueryError('select $1', ['hunter2'], new Error('reset'));
  logger.warn('direct', { error: query });
  logger.warn('cause', { error: new Error('outer', { cause: query }) });
  logger.warn('list', { error: new AggregateError([query]) });
  expect(lines).toHaveLength(3);
  expect(lines.filter((line) => line.includes('query failed: select $1'))).toHaveLength(3);
  expect(lines.join()).not.toContain('hunter2');
});
