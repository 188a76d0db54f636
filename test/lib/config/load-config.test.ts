import { randomBytes } from 'node:crypto';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { getConfig } from '#lib/config/get-config.ts';
import { forgetConfig, loadConfig } from '#lib/config/load-config.ts';
import { getMigrationUrl } from '#lib/config/migration-url.ts';
import { parameterNameOf, referenceTo } from '#lib/config/secret-references.ts';
import { listSettings } from '#lib/generate/list-settings.ts';
import { logger } from '#lib/observability/logger.ts';
import { signAwsRequest } from '#lib/outbound/sign-aws-request.ts';
import { hostInvocation } from '#lib/runtime/host-invocation.ts';
import { startParameterStore } from '#test/support/parameter-store.ts';

const secretKeys = listSettings()
  .filter(({ isSecret, isFor }) => isSecret && !isFor)
  .map(({ key }) => key);
const secrets: Record<string, string> = {
  DATABASE_URL: 'postgres://plinth:hunter2@db/plinth',
  UPSTASH_REDIS_REST_URL: 'https://redis.example.com',
  UPSTASH_REDIS_REST_TOKEN: 'hunter2-token',
  AUTH_SECRET: randomBytes(32).toString('base64url'),
};
const named = (values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [parameterNameOf('test', key), value]));
const store = await startParameterStore({});
const { AWS_ENDPOINT_URL_SSM } = process.env;

beforeEach(() => {
  Object.assign(store, { values: named(secrets), faults: [], fault: undefined, requests: 0 });
  Object.assign(process.env, { PLINTH_STAGE: 'test', AWS_ENDPOINT_URL_SSM });
  for (const key of secretKeys) process.env[key] = referenceTo('test', key);
});

const minute = 60_000;

/** A new instance; what it has at a minute of its life, by an invocation then, and what it warns of. */
function startInstance() {
  forgetConfig();
  const warn = vi.spyOn(logger, 'warn').mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  const startedAt = Date.now();
  return {
    configAt: (minutes: number) =>
      hostInvocation(10_000, false, async () => {
        await loadConfig(new Date(startedAt + minutes * minute));
        return getConfig();
      }),
    warnings: () => warn.mock.calls.map((call) => JSON.stringify(call)),
  };
}

const unavailable = (message: RegExp) =>
  expect.objectContaining({ code: 'unavailable', message: expect.stringMatching(message) });

test('an instance begins with the secrets of SSM, asked for once and signed', async () => {
  const { configAt } = startInstance();
  expect(await configAt(0)).toMatchObject({ ...secrets, DATABASE_REPLICA_URL: '', SENTRY_DSN: '' });
  expect(await configAt(3)).toMatchObject(secrets);
  expect(store.requests).toBe(1);
});

test('where the environment has the secrets themselves nobody is asked', async () => {
  Object.assign(process.env, secrets, {
    DATABASE_REPLICA_URL: '',
    SENTRY_DSN: '',
    AUTH_SECRET_FORMER: '',
    AWS_ENDPOINT_URL_SSM: 'http://127.0.0.1:9',
  });
  const { configAt } = startInstance();
  expect(await configAt(0)).toMatchObject(secrets);
  expect(store.requests).toBe(0);
});

test('a rotated secret is in use after five minutes at the latest, and no invocation has two', async () => {
  const { configAt } = startInstance();
  await configAt(0);
  store.values = named({ ...secrets, UPSTASH_REDIS_REST_TOKEN: 'rotated' });
  expect(await configAt(3.5), 'not asked for yet').toMatchObject({
    UPSTASH_REDIS_REST_TOKEN: 'hunter2-token',
  });
  expect(await configAt(4.5), 'asked for beside').toMatchObject({
    UPSTASH_REDIS_REST_TOKEN: 'hunter2-token',
  });
  expect(await configAt(4.6)).toMatchObject({ UPSTASH_REDIS_REST_TOKEN: 'rotated' });
  store.values = named({ ...secrets, UPSTASH_REDIS_REST_TOKEN: 'again' });
  expect(await configAt(30), 'first after a pause').toMatchObject({ UPSTASH_REDIS_REST_TOKEN: 'again' });
});

test.each(['cut', 'hang', 'deny', 'throttle', 'break'] as const)(
  'while SSM is away (%s) the secrets are used for an hour and no longer, at no cost worth mentioning',
  async (fault) => {
    const { configAt, warnings } = startInstance();
    await configAt(0);
    store.fault = fault;
    expect(await configAt(4.5)).toMatchObject(secrets);
    const startedAt = performance.now();
    expect(await configAt(59)).toMatchObject(secrets);
    expect(await configAt(59.1), 'asked again after ten seconds').toMatchObject(secrets);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(warnings()).toContainEqual(expect.stringMatching(/"cannot refresh a cache.*"configuration"/));
    expect(warnings().join('')).not.toMatch(/hunter2/);
    await expect(configAt(61)).rejects.toEqual(unavailable(/SSM (answers|does not answer)|takes too long/));
    store.fault = undefined;
    expect(await configAt(61.1)).toMatchObject(secrets);
  },
);

test.each([
  ['cut', /SSM does not answer \(.*(closed|hang up)/],
  ['hang', /SSM does not answer \(within 750 ms\)|takes too long/],
  ['deny', /SSM answers 400 \(AccessDeniedException\)/],
  ['throttle', /SSM answers 400 \(ThrottlingException\)/],
  ['break', /SSM answers 500 \(no type\)/],
] as const)(
  'an instance that begins while SSM is away (%s) refuses after 750 ms, and says why',
  async (fault, reason) => {
    const { configAt } = startInstance();
    store.fault = fault;
    const startedAt = performance.now();
    await expect(configAt(0)).rejects.toEqual(unavailable(reason));
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    store.fault = undefined;
    expect(await configAt(0), 'the next one tries again').toMatchObject(secrets);
  },
);

test('instances that begin together are throttled, and try again', async () => {
  const { configAt } = startInstance();
  store.faults = ['throttle', 'break'];
  expect(await configAt(0)).toMatchObject(secrets);
  expect(store.requests).toBe(3);
});

test('a signature by another key is refused', async () => {
  const { configAt } = startInstance();
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wrong');
  await expect(configAt(0)).rejects.toEqual(unavailable(/InvalidSignatureException/));
  vi.unstubAllEnvs();
});

test('a parameter that is missing is named, and one that is unusable, without its value', async () => {
  const { AUTH_SECRET: _, ...others } = secrets;
  store.values = named({ ...others, DATABASE_URL: 'mysql://hunter2' });
  const { configAt } = startInstance();
  const error = await configAt(0).catch((thrown: Error) => thrown.message);
  expect(error).toMatch(/DATABASE_URL must start with postgres:\/\/[\s\S]*AUTH_SECRET is missing/);
  expect(error).not.toContain('hunter2');
});

test('a secret that is rotated to nonsense, or removed, changes nothing but the log, for an hour', async () => {
  const { configAt, warnings } = startInstance();
  await configAt(0);
  store.values = named({ ...secrets, AUTH_SECRET: 'hunter2' });
  expect(await configAt(6)).toMatchObject(secrets);
  delete store.values[parameterNameOf('test', 'AUTH_SECRET')];
  expect(await configAt(59)).toMatchObject(secrets);
  expect(warnings()).toHaveLength(2);
  expect(warnings().join('')).not.toContain('hunter2');
  await expect(configAt(61)).rejects.toEqual(unavailable(/AUTH_SECRET is missing/));
});

test('without loadConfig the names are no values', () => {
  forgetConfig();
  expect(() => getConfig()).toThrow('UPSTASH_REDIS_REST_URL is not loaded from SSM');
});

test('SSM gives ten parameters at once', () => {
  expect(secretKeys.length).toBeLessThanOrEqual(10);
});

// The test suite of AWS for Signature Version 4.
const suite = {
  region: 'us-east-1',
  service: 'service',
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const suiteToken =
  'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';

test.each([
  ['post-vanilla', {}, '', {}, '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  [
    'post-x-www-form-urlencoded',
    { 'content-type': 'application/x-www-form-urlencoded' },
    'Param1=value1',
    {},
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  ],
  [
    'post-sts-header-before',
    {},
    '',
    { sessionToken: suiteToken },
    '85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
  ],
])('signs %s of the test suite of AWS as it says', (_, headers, body, session, signature) => {
  const url = new URL('https://example.amazonaws.com/');
  const signed = signAwsRequest(
    url,
    headers,
    body,
    { ...suite, ...session },
    new Date('2015-08-30T12:36:00.000Z'),
  );
  expect(signed.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20150830\/us-east-1\/service\/aws4_request, SignedHeaders=[\w;-]*host;x-amz-date[\w;-]*, Signature=/,
  );
  expect(signed.authorization).toContain(`Signature=${signature}`);
});

test('what migrates has the owner of the tables from SSM, and the database of all others where there is none', async () => {
  process.env.DATABASE_MIGRATION_URL = referenceTo('test', 'DATABASE_MIGRATION_URL');
  onTestFinished(() => {
    delete process.env.DATABASE_MIGRATION_URL;
  });
  expect(await getMigrationUrl()).toBe(secrets.DATABASE_URL);
  const owner = 'postgres://owner@db/plinth';
  store.values = named({ ...secrets, DATABASE_MIGRATION_URL: owner });
  expect(await getMigrationUrl()).toBe(owner);
  store.values = {};
  await expect(getMigrationUrl()).rejects.toThrow('DATABASE_URL is missing');
  Object.assign(process.env, { PLINTH_STAGE: 'dev', DATABASE_URL: owner, DATABASE_MIGRATION_URL: owner });
  await expect(getMigrationUrl()).rejects.toThrow('DATABASE_MIGRATION_URL must have sslmode=verify-full');
});
