import { Socket } from 'node:net';
import { sql as text } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { closePool, getPoolStatistics } from '#lib/db/client.ts';
import { Connection } from '#lib/db/connection.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { getInvocation } from '#lib/invocation.ts';
import {
  execute,
  isRunning,
  long,
  outcome,
  quick,
  useProxiedDatabase,
} from '#test/support/proxied-database.ts';
import { contextOf, sql } from '#test/support/tenant.ts';

// What a request may wait for is a second; a test machine under load gets half of one more.
const answeredMs = 1_500;
const ctx = contextOf({ type: 'system', jobId: 'test' } as never);
const proxy = useProxiedDatabase();
beforeAll(() => sql`create table guarded (id int primary key)`);
afterAll(() => sql`drop table guarded`);

test.each([
  ['quick', quick],
  ['long', long],
])(
  'a server that hangs is found within a second by a %s invocation, and the next one connects anew',
  async (_, run) => {
    await run(() => execute('select 1'));
    await proxy.set('hang');
    for (const work of [
      () => execute('select 1'),
      () => execute('insert into guarded values (0)'),
      () => withTransaction(ctx, async (tx) => tx.execute(text`select 1`)),
    ]) {
      const { code, ms } = await outcome(() => run(work));
      expect(code).toBe('unavailable');
      expect(ms).toBeLessThan(answeredMs);
    }
    await proxy.set('pass');
    expect(await run(() => execute('select 1 as found'))).toMatchObject([{ found: 1 }]);
  },
);

test.each(['reset', 'close'] as const)(
  'a read on a connection that was %s is repeated, on a new one',
  async (fault) => {
    await quick(() => execute('select 1'));
    await proxy.set(fault);
    await proxy.set('pass');
    expect(await quick(() => execute('select 1 as found'))).toMatchObject([{ found: 1 }]);
    expect(
      await quick(() => withTransaction(ctx, (tx) => tx.execute(text`select 1 as found`))),
    ).toMatchObject([{ found: 1 }]);
  },
);

test.each(['reset', 'close', 'refuse'] as const)(
  'while the network says %s, every statement fails at once',
  async (fault) => {
    await proxy.set(fault);
    const { code, ms } = await outcome(() => quick(() => execute('select 1')));
    expect(code).toBe('unavailable');
    expect(ms).toBeLessThan(answeredMs);
  },
);

test('of two hosts the first, which swallows whatever is sent to it, leaves the second half of the time', async () => {
  const { connect } = Socket.prototype;
  const silent = '192.0.2.1';
  const spy = vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, ...to: never) {
    return JSON.stringify(to[0]).includes(silent) ? this : connect.apply(this, to);
  } as never);
  const url = (process.env.DATABASE_URL ?? '').replace('@', `@${silent}:5432,`);
  const types = { parsers: {}, serializers: {} };
  const connection = new Connection({ url, options: {}, types }, { connects: 0, errors: 0, discards: 0 });
  expect(await connection.send('select 1 as found', [], false, 1_000)).toMatchObject([{ found: 1 }]);
  await connection.close(0);
  spy.mockRestore();
});

test('a write whose answer is lost is not repeated', async () => {
  await quick(() => execute('select 1'));
  const running = outcome(() => quick(() => execute('insert into guarded select 1 from pg_sleep(0.3)')));
  await expect.poll(() => isRunning('insert into guarded')).toBe(true);
  await proxy.set('reset');
  await proxy.set('pass');
  expect((await running).code).toBe('unavailable');
  await expect.poll(() => isRunning('insert into guarded')).toBe(false);
  expect(await sql`select count(*)::int from guarded where id = 1`).toMatchObject([{ count: 1 }]);
});

test('a statement that takes too long is cancelled on the server, and its connection replaced', async () => {
  const before = getPoolStatistics();
  const { code, ms } = await outcome(() => quick(() => execute('select pg_sleep(3.21)')));
  expect(code).toBe('unavailable');
  expect(ms).toBeLessThan(answeredMs);
  await expect.poll(() => isRunning('pg_sleep(3.21)')).toBe(false);
  expect(await quick(() => execute('select 1 as found'))).toMatchObject([{ found: 1 }]);
  const { discards, connectionErrors } = getPoolStatistics();
  expect([discards - before.discards, connectionErrors - before.connectionErrors]).toEqual([1, 1]);
});

test('a statement that is given up while it waits for its connection is never run', async () => {
  for (let id = 100; id < 120; id++) {
    await closePool(0);
    await outcome(() => quick(() => execute(`insert into guarded values (${id})`), 1));
  }
  const connections = () => sql`
    select 1 from pg_stat_activity where application_name = 'plinth-test' and datname = current_database()`;
  await expect.poll(async () => (await connections()).length, { timeout: 10_000 }).toBe(0);
  expect(await sql`select id from guarded where id >= 100`).toEqual([]);
});

test('what is left of the invocation ends a statement, too', async () => {
  const { code } = await outcome(() => quick(() => execute('select pg_sleep(3)'), 200));
  expect(code).toBe('deadline_exceeded');
});

test('a long invocation may wait longer for a statement, until the server ends it', async () => {
  expect((await outcome(() => long(() => execute('select pg_sleep(1)')))).code).toBeUndefined();
  expect((await outcome(() => long(() => execute('select pg_sleep(10)')))).code).toBe('deadline_exceeded');
});

test('connections are lent in turn, and who gets none in time is told so', async () => {
  const holding = Array.from({ length: 2 }, () =>
    outcome(() => quick(() => execute('select pg_sleep(0.4)'))),
  );
  const waiting = outcome(() => quick(() => execute('select 1')));
  await expect
    .poll(() => getPoolStatistics())
    .toMatchObject({ max: 2, busy: 2, waiting: 1, idle: 0, open: 2 });
  expect((await waiting).code).toBeUndefined();
  await Promise.all(holding);
  expect(getPoolStatistics()).toMatchObject({
    busy: 0,
    waiting: 0,
    connects: 2,
    connectionErrors: 0,
    discards: 0,
  });
  expect(getPoolStatistics().acquireP99Ms).toBeGreaterThan(100);

  const hogs = Array.from({ length: 2 }, () => long(() => execute('select pg_sleep(1.5)')));
  const { code } = await outcome(() => quick(() => execute('select 1')));
  expect(code).toBe('unavailable');
  await Promise.all(hogs);
  expect(getPoolStatistics()).toMatchObject({ busy: 0, waiting: 0, connectionErrors: 0, discards: 0 });
});

describe('of a connection that idles', () => {
  const { now } = Date;
  let passedMs = 0;
  beforeEach(() => {
    passedMs = 0;
    Date.now = () => now() + passedMs;
  });
  afterEach(() => {
    Date.now = now;
  });
  const connects = async () => {
    const accepted = proxy.connections();
    await quick(() => execute('select 1'));
    return proxy.connections() - accepted;
  };

  test('the next use is on another one when this process stood still for longer than a second', async () => {
    expect(await connects()).toBe(1);
    passedMs = 1_001;
    expect(await connects()).toBe(1);
  });

  test('once another one has broken it is not used unless it has answered since', async () => {
    const both = () => Promise.all([1, 2].map(() => quick(() => execute('select pg_sleep(0.05)'))));
    await both();
    expect(getPoolStatistics().idle).toBe(2);
    for (; passedMs < 2_000; passedMs += 700) getPoolStatistics();
    // Both are in a black hole, and nobody was told.
    proxy.forget();
    const select = () => outcome(() => quick(() => execute('select 1')));
    expect([(await select()).code, (await select()).code]).toEqual(['unavailable', undefined]);
  });

  test('while this process runs it is used for a minute', async () => {
    expect(await connects()).toBe(1);
    for (; passedMs < 58_000; passedMs += 700) getPoolStatistics();
    expect(await connects()).toBe(0);
    const usedAtMs = passedMs;
    for (; passedMs - usedAtMs < 61_000; passedMs += 700) getPoolStatistics();
    expect(await connects()).toBe(1);
  });
});

test('an invocation knows its statements and the time it spent on them', async () => {
  const { statements, databaseMs } = await quick(async () => {
    await execute('select pg_sleep(0.05)');
    await withTransaction(ctx, (tx) => tx.execute(text`select 1`));
    return getInvocation() as NonNullable<ReturnType<typeof getInvocation>>;
  });
  expect(statements).toBe(2);
  expect(databaseMs).toBeGreaterThan(50);
});

test('closing ends within its time whatever hangs, and statements under way may finish before', async () => {
  const finishing = outcome(() => long(() => execute('select pg_sleep(0.2)')));
  await expect.poll(() => getPoolStatistics().connects).toBe(1);
  await closePool(2);
  expect((await finishing).code).toBeUndefined();

  await quick(() => execute('select 1'));
  const hanging = outcome(() => long(() => execute('select pg_sleep(3)')));
  await proxy.set('hang');
  const startedAt = performance.now();
  await closePool(0.2);
  expect(performance.now() - startedAt).toBeLessThan(450);
  expect((await hanging).code).toBe('unavailable');
});
