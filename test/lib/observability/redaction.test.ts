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
  fc.tuple(name, opaque, fc.boolean()).map(([field, secret, isFlat]) => [
    secret,
    () =>
      logger.info('in a list of headers', {
        rawHeaders: isFlat ? ['Host', 'x', field, secret] : [[field, secret]],
      }),
  ]),
  fc
    .tuple(name, opaque)
    .map(([field, secret]) => [
      secret,
      () => logger.info(`as a pair in a text: ${JSON.stringify([[field, secret]])}`),
    ]),
  fc.tuple(name, opaque, fc.integer({ min: 1, max: 3 })).map(([field, secret, depth]) => {
    let url = `https://x.example/?${field}=${secret}&page=2`;
    for (let level = 0; level < depth; level++) url = `/callback?next=${encodeURIComponent(url)}`;
    return [secret, () => logger.info('in a URL in a URL', { url })];
  }),
  recognizable.map((secret) => [
    secret,
    () => logger.info('encoded', { url: `/x?q=${encodeURIComponent(`Bearer ${secret}`)}` }),
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
  ['password%3Dx&page=2', 'password%3D[redacted]&page=2'],
  ['%7B%22password%22%3A%22hunter2%22%7D', '%7B%22password%22%3A[redacted]'],
  ['next=%2Fa%3Fa%3Db%2526token%253Dabc def', 'next=%2Fa%3Fa%3Db%2526token%253D[redacted] def'],
  ['Authorization=Bearer%20abcdefgh&x=1', 'Authorization=Bearer%20[redacted]&x=1'],
  ['?email=ada%40example.com', '?email=[email]'],
  ['?url=postgres%3A%2F%2Fplinth%3Ahunter2%40db%2Fx', '?url=postgres%3A[redacted]db%2Fx'],
  ['[["x-api-key","abc"],["accept","*/*"]]', '[["x-api-key","[redacted]"],["accept","*/*"]]'],
  ['?url=postgres%253A%252F%252Fu%253Ap%25252Fw%2540x%2540db', '?url=postgres%253A[redacted]db'],
  ['{"tokens":["hunter2","a]b"],"name":"x"}', '{"tokens":[redacted],"name":"x"}'],
  ['{"cookies":["sid=hunter2"],"name":"x"}', '{"cookies":[redacted],"name":"x"}'],
  ['{"secret":{"value":"a\\\\"},"name":"x"}', '{"secret":[redacted],"name":"x"}'],
  [
    '"{\\"tokens\\":[\\"a\\\\\\"]b\\"],\\"name\\":\\"x\\"}"',
    '"{\\"tokens\\":[redacted],\\"name\\":\\"x\\"}"',
  ],
  ['{"tokens":["hunter2","cut of', '{"tokens":[redacted]'],
  ["{ tokens: [ 'a', [ 'b' ] ], name: 'x' }", "{ tokens: [redacted], name: 'x' }"],
  ["Map(2) { 'token' => 'hunter2', 'name' => 'x' }", "Map(2) { 'token' => [redacted], 'name' => 'x' }"],
  ["token=>'hunter2' x", 'token=>[redacted] x'],
  ["token=='hunter2' x", 'token==[redacted] x'],
  ['errorCode="token=hunter2"', 'errorCode="token=[redacted]"'],
  ['["host","x","Cookie","a=b; c=d","accept","y"]', '["host","x","Cookie","[redacted]","accept","y"]'],
])('%j is told as %j', (text, told) => {
  expect(redactText(text)).toBe(told);
});

describe('what is no secret stays readable', () => {
  test.each([
    'connect ECONNREFUSED 127.0.0.1:5432',
    'query failed: select "id", "token_hash" from "sessions" where "id" = $1',
    'query failed: select "id", "token_hash", "password_hash", "created_at" from "sessions"',
    '/api/v1/projects?q=a%20b%26c%3Dd',
    'The access token or API key is missing, expired or not valid',
    '/api/v1/projects/01980000-0000-7000-8000-000000000001',
    '{"code":"slug_taken"} code: 23505, code=ECONNRESET',
    'errorCode=slug_taken {"statusCode":409} passwordless: yes',
    'https://api.example.com:8443/v1/things?page=2',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
  ])('%s', (text) => {
    expect(redactText(text)).toBe(text);
  });
});

/** In ms, of the quickest of several rounds: what else the machine does is not in it. */
function costOf(text: string): number {
  const rounds = Array.from({ length: 10 }, () => {
    const startedAt = performance.now();
    redactText(text);
    return performance.now() - startedAt;
  });
  return Math.min(...rounds);
}

test.each([
  ['encoded URLs', '%2F%2F%3A'],
  ['URLs that are encoded differently', '%2F%2F%3A%252F%252F%253A'],
  ['URLs with many colons', `://${':'.repeat(200)}`],
  ['URLs', '://:'],
  ['lists', 'token=['],
  ['lists in quotes', '"token":["'],
  ['harmless names', `errorCode="errorCode='`],
  ['backslashes', '\\'],
])('text that was made to be slow costs about what other text does: %s', (_, part) => {
  const toText = (repeated: string) => `token ${repeated.repeat(16_000)}`.slice(0, 16_000);
  // Measured: up to 7 times as much, and 80 to 400 where a pattern begins anew in what it has read.
  expect(costOf(toText(part))).toBeLessThan(25 * costOf(toText('word ')));
});

test('numbers that count or measure stay readable, and so does what is true of a secret', () => {
  const lines = captureLogLines();
  const harmless = {
    removedTokens: 12,
    tokenCount: 3,
    expiredSecrets: 0,
    tokenTtlSeconds: 900,
    tokenAgeMs: 4.5,
    passwordLength: 15,
    hasPassword: true,
    pair: ['removedTokens', 12],
    parameters: ['passwordless', 'x', 'hasToken', false],
  };
  logger.info('it', {
    input: { ...harmless, pwd: 1234, otp: 123456, code: 123456, token: 7, tokens: ['abc'] },
  });
  expect(JSON.parse(lines[0] ?? '').input).toEqual({
    ...harmless,
    pwd: '[redacted]',
    otp: '[redacted]',
    code: '[redacted]',
    token: '[redacted]',
    tokens: '[redacted]',
  });
});

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
