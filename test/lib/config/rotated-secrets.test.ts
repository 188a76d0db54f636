import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { handler as getLiveness } from '#functions/health/get-liveness.ts';
import { handler as expireSessions } from '#functions/jobs/expire-sessions.ts';
import { handler as listProjects } from '#functions/projects/list-projects.ts';
import { csrfTokenOf, isCsrfToken } from '#lib/auth/csrf-token.ts';
import { deriveKey } from '#lib/auth/derive-key.ts';
import { seal, unseal } from '#lib/auth/seal.ts';
import { getConfig } from '#lib/config/get-config.ts';
import { forgetConfig } from '#lib/config/load-config.ts';
import { parameterNameOf, referenceTo } from '#lib/config/secret-references.ts';
import { createSecret } from '#lib/local/create-secret.ts';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { openCursor, sealCursor } from '#lib/pagination/cursor.ts';
import { call } from '#test/support/call.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { startParameterStore } from '#test/support/parameter-store.ts';
import { runJob } from '#test/support/run-job.ts';
import { createMember, sql } from '#test/support/tenant.ts';

const keys = [
  'DATABASE_URL',
  'UPSTASH_REDIS_REST_URL',
  'UPSTASH_REDIS_REST_TOKEN',
  'AUTH_SECRET',
  'AUTH_SECRET_FORMER',
];
const given = Object.fromEntries(keys.map((key) => [key, process.env[key] ?? '']));
const store = await startParameterStore({});
// What the members of these tests need is known before this is an instance as on Lambda.
const { token } = await createMember();
for (const key of keys) process.env[key] = referenceTo('test', key);

const rotate = (key: string, value = given[key] ?? '') => {
  store.values[parameterNameOf('test', key)] = value;
};
const minutesLater = (minutes: number) => vi.setSystemTime(Date.now() + minutes * 60_000);
const status = async () => (await call(listProjects, { token })).status;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  store.fault = undefined;
  for (const key of keys) rotate(key);
  forgetConfig();
  expect(await status()).toBe(200);
});

/** Who is connected for the code under test. */
async function users(): Promise<string[]> {
  const rows = await sql`
    select distinct usename from pg_stat_activity where application_name = 'plinth-test' and datname = current_database() order by 1`;
  return rows.map(({ usename }) => usename);
}

test('another user of the database is in use after five minutes, and the connections of the former one are closed', async () => {
  const url = new URL(given.DATABASE_URL ?? '');
  const before = url.username;
  await sql
    .unsafe(`drop role if exists rotated; create role rotated superuser login password 'new-one'`)
    .simple();
  url.username = 'rotated';
  url.password = 'new-one';
  rotate('DATABASE_URL', url.href);
  expect(await status()).toBe(200);
  expect(await users()).toEqual([before]);
  minutesLater(6);
  expect(await status()).toBe(200);
  await vi.waitFor(async () => expect(await users()).toEqual(['rotated']));
  rotate('DATABASE_URL');
  minutesLater(6);
  expect(await status()).toBe(200);
  await vi.waitFor(async () => expect(await users()).toEqual([before]));
  await sql.unsafe('drop role rotated');
});

test('another Redis, or token of it, is asked after five minutes', async () => {
  const redis = await startRedisEndpoint({ token: 'new-one' });
  onTestFinished(() => redis.close());
  rotate('UPSTASH_REDIS_REST_URL', redis.url);
  rotate('UPSTASH_REDIS_REST_TOKEN', redis.token);
  expect(await status()).toBe(200);
  expect(redis.requests()).toBe(0);
  minutesLater(6);
  expect(await status()).toBe(200);
  expect(redis.requests()).toBeGreaterThan(0);
});

test('another AUTH_SECRET is what keys are derived from after five minutes', async () => {
  const before = deriveKey('test');
  rotate('AUTH_SECRET', createSecret());
  minutesLater(6);
  await call(listProjects);
  expect(deriveKey('test').equals(before)).toBe(false);
  expect(deriveKey('test')).toBe(deriveKey('test'));
});

test('with the former AUTH_SECRET beside it nothing changes for who has what it sealed or signed, and without it all of that ends', async () => {
  const given = {
    sealed: seal('test', 'text'),
    csrf: csrfTokenOf('session'),
    cursor: sealCursor(['list'], ['7']),
  };
  const opened = async () => {
    minutesLater(6);
    await call(listProjects);
    return [
      () => unseal('test', given.sealed),
      () => isCsrfToken('session', given.csrf, given.csrf),
      () => openCursor(['list'], given.cursor),
    ].map((open) => {
      try {
        return open();
      } catch {
        return 'refused';
      }
    });
  };
  rotate('AUTH_SECRET_FORMER', getConfig().AUTH_SECRET);
  rotate('AUTH_SECRET', createSecret());
  expect(await opened()).toEqual(['text', true, ['7']]);
  const renewed = { sealed: seal('test', 'new'), csrf: csrfTokenOf('session') };
  expect(isCsrfToken('session', given.csrf, renewed.csrf), 'one of each').toBe(false);
  rotate('AUTH_SECRET_FORMER');
  expect(await opened()).toEqual(['refused', false, 'refused']);
  expect([unseal('test', renewed.sealed), isCsrfToken('session', renewed.csrf)]).toEqual(['new', true]);
});

test('without secrets that are young enough requests are refused with 503 and a reason in the log, and so are jobs; static endpoints answer', async () => {
  store.fault = 'cut';
  minutesLater(59);
  expect((await call(listProjects)).status, 'no credentials: further than that it does not get').toBe(401);
  minutesLater(2);
  const answer = await call(listProjects, { token });
  expect([answer.status, answer.body.code, answer.headers['retry-after']]).toEqual([503, 'unavailable', '1']);
  expect(answer.text).not.toMatch(/SSM|secret/);
  const reason = {
    error: expect.objectContaining({
      message: expect.stringMatching(/^the secrets cannot be used: SSM does not answer/),
    }),
  };
  expect(takeErrorLogs()).toEqual([['request failed', expect.objectContaining(reason)]]);
  await expect(runJob(expireSessions)).rejects.toThrow('SSM does not answer');
  expect(takeErrorLogs()).toEqual([['job not delivered', expect.objectContaining(reason)]]);
  const asked = store.requests;
  expect((await call(getLiveness)).status).toBe(200);
  expect(store.requests).toBe(asked);
  store.fault = undefined;
  expect((await call(listProjects)).status).toBe(401);
});
