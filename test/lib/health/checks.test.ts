import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { getSigner } from '#lib/auth/key-ring.ts';
import { getPool } from '#lib/db/client.ts';
import { connectionErrors } from '#lib/health/checks/connection-errors.ts';
import { databaseMigrations } from '#lib/health/checks/database-migrations.ts';
import { databaseResponseTime } from '#lib/health/checks/database-response-time.ts';
import { failingMails } from '#lib/health/checks/failing-mails.ts';
import { mailDeliveryDelay } from '#lib/health/checks/mail-delivery-delay.ts';
import { openBreakers } from '#lib/health/checks/open-breakers.ts';
import { poolSaturation } from '#lib/health/checks/pool-saturation.ts';
import { redisResponseTime } from '#lib/health/checks/redis-response-time.ts';
import { releaseSkew } from '#lib/health/checks/release-skew.ts';
import { replicaLag } from '#lib/health/checks/replica-lag.ts';
import { schemaDrift } from '#lib/health/checks/schema-drift.ts';
import { signingKeyAge } from '#lib/health/checks/signing-key-age.ts';
import { knownMigrations } from '#lib/health/known-migrations.ts';
import { releaseKey, releaseSlotMs } from '#lib/observability/note-release.ts';
import { getRedis } from '#lib/redis/client.ts';
import { sql } from '#test/support/tenant.ts';

const now = new Date('2026-11-21T09:02:00Z');

test('PostgreSQL and Redis answer, in milliseconds', async () => {
  for (const check of [databaseResponseTime, redisResponseTime])
    expect(await check.observe(now)).toMatchObject({ value: expect.any(Number), unit: 'ms' });
});

describe('migrations', () => {
  const undone: unknown[] = [];
  afterEach(async () => {
    for (const row of undone.splice(0))
      await sql`insert into drizzle.__drizzle_migrations ${sql(row as never)}`;
  });

  test('pass at the head, and ahead of it', async () => {
    expect(await databaseMigrations.observe(now)).toEqual({ status: 'pass', value: 0, unit: 'migrations' });
    const newer = Number(knownMigrations.at(-1)) + 1;
    await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('newer', ${newer})`;
    expect((await databaseMigrations.observe(now)).status).toBe('pass');
    await sql`delete from drizzle.__drizzle_migrations where hash = 'newer'`;
  });

  test.each([0, -1])('fail when the one at %i is missing', async (index) => {
    const createdAt = Number(knownMigrations.at(index));
    undone.push(
      ...(await sql`delete from drizzle.__drizzle_migrations where created_at = ${createdAt} returning *`),
    );
    expect(undone).toHaveLength(1);
    expect(await databaseMigrations.observe(now)).toMatchObject({ status: 'fail', value: 1 });
  });
});

test('a schema that somebody has changed by hand fails until it is what the migrations made', async () => {
  expect(await schemaDrift.observe(now)).toEqual({ status: 'pass' });
  await sql`create index by_hand on projects (name)`;
  expect((await schemaDrift.observe(now)).status).toBe('fail');
  await sql`drop index by_hand`;
  expect((await schemaDrift.observe(now)).status).toBe('pass');
});

describe('the mails that wait', () => {
  beforeEach(() => sql`delete from job_runs where job_id = 'deliverMail'`);
  afterEach(() => sql`delete from job_runs where job_id = 'deliverMail'`);
  const queue = (attempts: number, dueInSeconds: number) =>
    sql`insert into job_runs (id, job_id, trigger, available_at, attempts, max_attempts, is_exclusive)
      values (${randomUUID()}, 'deliverMail', 'enqueue', now() + make_interval(secs => ${dueInSeconds}), ${attempts}, 10, false)`;

  test('that is empty, or waits for later attempts, passes', async () => {
    expect(await failingMails.observe(now)).toEqual({ status: 'pass', value: 0, unit: 'mails' });
    expect(await mailDeliveryDelay.observe(now)).toEqual({ status: 'pass', value: 0, unit: 's' });
    await queue(4, 600);
    expect((await failingMails.observe(now)).status).toBe('pass');
    expect(await mailDeliveryDelay.observe(now)).toEqual({ status: 'pass', value: 0, unit: 's' });
  });

  test('with mails that fail again and again fails', async () => {
    await queue(5, 600);
    await queue(9, 600);
    expect(await failingMails.observe(now)).toMatchObject({ status: 'fail', value: 2 });
  });

  test('in which the oldest mail has been due for five minutes has no job', async () => {
    await queue(0, -200);
    expect((await mailDeliveryDelay.observe(now)).status).toBe('pass');
    await queue(0, -301);
    const observed = await mailDeliveryDelay.observe(now);
    expect(observed.status).toBe('fail');
    expect(Math.floor((observed.value ?? 0) / 10)).toBe(30);
  });
});

describe('the signing key', () => {
  const age = (interval: string) =>
    sql`update signing_keys set state_since = now() - ${interval}::interval where state = 'current'`;

  test('passes before there is one, for 30 days and while its rotation may take', async () => {
    await sql`delete from signing_keys`;
    expect(await signingKeyAge.observe(now)).toEqual({ status: 'pass' });
    await getSigner(new Date());
    await age('30 days 5 hours');
    expect(await signingKeyAge.observe(now)).toMatchObject({ status: 'pass', unit: 'days' });
  });

  test('fails when its rotation is overdue', async () => {
    await age('30 days 7 hours');
    const observed = await signingKeyAge.observe(now);
    expect([observed.status, Math.floor(observed.value ?? 0)]).toEqual(['fail', 30]);
    await age('0 days');
  });
});

describe('releases side by side', () => {
  const slot = Math.floor(now.getTime() / releaseSlotMs);
  const note = (slotsAgo: number, ...fields: string[]) =>
    Promise.all(
      fields.map((field) =>
        getRedis().eval("redis.call('HINCRBY', KEYS[1], ARGV[1], 1)", [releaseKey(slot - slotsAgo)], [field]),
      ),
    );
  beforeEach(() =>
    getRedis().eval(
      "for _, key in ipairs(KEYS) do redis.call('DEL', key) end",
      [0, 1, 2, 3].map((ago) => releaseKey(slot - ago)),
      [],
    ),
  );

  test('pass while there is one, or nobody has noted any', async () => {
    expect(await releaseSkew.observe(now)).toEqual({ status: 'pass', value: 1, unit: 'releases' });
    for (const ago of [1, 2, 3]) await note(ago, 'v1 a', 'v1 b');
    expect(await releaseSkew.observe(now)).toEqual({ status: 'pass', value: 1, unit: 'releases' });
  });

  test('pass while a deployment may be under way', async () => {
    await note(3, 'v1 a', 'v1 b');
    for (const ago of [0, 1, 2]) await note(ago, 'v1 a', 'v2 b');
    expect(await releaseSkew.observe(now)).toEqual({ status: 'pass', value: 1, unit: 'releases' });
  });

  test('fail after three slots of five minutes, and name who lags', async () => {
    for (const ago of [1, 2, 3]) await note(ago, 'v2 a', 'v2 b', 'v2 c', 'v2 d', 'v 1 z', 'v 1 y');
    const { status, value, output } = await releaseSkew.observe(now);
    expect([status, value]).toEqual(['fail', 2]);
    expect(output?.split('; ').sort()).toEqual(['v 1: y, z', 'v2: 4 functions']);
  });
});

test('a pool is saturated when somebody waits', async () => {
  const use = { max: 4, open: 4, idle: 1, waiting: 0 };
  const check = poolSaturation(() => use);
  expect(await check.observe(now)).toEqual({ status: 'pass', value: 75, unit: '%' });
  Object.assign(use, { idle: 0, waiting: 3 });
  expect(await check.observe(now)).toMatchObject({
    status: 'warn',
    value: 100,
    output: '3 wait for a connection',
  });
});

test('connection errors are those since the last look, also after the pool was made anew', async () => {
  const totals = [0, 3, 3, 1];
  const check = connectionErrors(() => totals.shift() ?? 0);
  const observed = [];
  for (let look = 0; look < 4; look++) observed.push(await check.observe(now));
  expect(observed.map(({ status, value }) => `${status} ${value}`)).toEqual([
    'pass 0',
    'warn 3',
    'pass 0',
    'warn 1',
  ]);
});

test('breakers that are open are named', async () => {
  const open: string[] = [];
  const check = openBreakers(async () => open);
  expect((await check.observe(now)).status).toBe('pass');
  open.push('thingspeak', 'ses');
  expect(await check.observe(now)).toMatchObject({
    status: 'fail',
    value: 2,
    output: 'not called: ses, thingspeak',
  });
});

describe('a replica', () => {
  test('that is not set is not looked at', () => {
    expect(replicaLag(() => undefined).appliesHere?.()).toBe(false);
  });

  test('in whose place a primary answers is none', async () => {
    const check = replicaLag(getPool);
    expect(check.appliesHere?.()).toBe(true);
    expect(await check.observe(now)).toMatchObject({
      status: 'fail',
      output: expect.stringContaining('primary'),
    });
  });

  test.each([
    [9, 'pass'],
    [11, 'fail'],
    [null, 'fail'],
    ['x', 'fail'],
  ])('that says %s s is %s', async (seconds, status) => {
    const execute = vi.fn().mockResolvedValue([{ is_replica: true, seconds }]);
    expect((await replicaLag(() => ({ execute }) as never).observe(now)).status).toBe(status);
  });
});
