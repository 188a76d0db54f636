import { sql as text } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { closePool, getPool, getPoolStatistics } from '#lib/db/client.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { toAppError } from '#lib/errors/to-app-error.ts';
import { getInvocation, runInvocation } from '#lib/invocation.ts';
import { startTcpProxy, type TcpProxy } from '#test/support/tcp-proxy.ts';
import { contextOf, sql } from '#test/support/tenant.ts';

// What a request may wait for is a second; a test machine under load gets half of one more.
const answeredMs = 1_500;
let proxy: TcpProxy;

beforeAll(async () => {
  const url = new URL(process.env.DATABASE_URL ?? '');
  proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  url.hostname = '127.0.0.1';
  Object.assign(process.env, {
    DATABASE_URL: url.href,
    DATABASE_TIMEOUT_MS: '700',
    DATABASE_POOL_MAX: '2',
    DATABASE_STATEMENT_TIMEOUT_MS: '2500',
  });
  await sql`create table guarded (id int primary key)`;
});
beforeEach(async () => {
  await proxy.set('pass');
  await closePool(0);
});
afterAll(async () => {
  await closePool(0);
  await proxy.close();
  await sql`drop table guarded`;
});

const quick = <T>(work: () => Promise<T>, remainingMs = 20_000) => runInvocation(remainingMs, false, work);
const long = <T>(work: () => Promise<T>) => runInvocation(20_000, true, work);
const execute = async (statement: string) => getPool().execute(text.raw(statement));
const ctx = contextOf({ type: 'system', jobId: 'test' } as never);

/** The code a client would see, or the rows. */
async function outcome(work: () => Promise<unknown>) {
  const startedAt = performance.now();
  try {
    return { result: await work(), ms: performance.now() - startedAt };
  } catch (error) {
    return { code: toAppError(error).code, ms: performance.now() - startedAt };
  }
}

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

test('nothing of a transaction runs twice when it loses its connection', async () => {
  let runs = 0;
  const { code } = await outcome(() =>
    quick(() =>
      withTransaction(ctx, async (tx) => {
        runs++;
        await tx.execute(text`select 1`);
        await proxy.set('reset');
        await proxy.set('pass');
        await tx.execute(text`select 1`);
      }),
    ),
  );
  expect([code, runs]).toEqual(['unavailable', 1]);
});

test.each(['in a statement', 'in a savepoint', 'at COMMIT'])(
  'a transaction that loses its connection %s is told so, and nothing else happens',
  async (where) => {
    const cut = async () => {
      await proxy.set('reset');
      await proxy.set('pass');
    };
    const { code } = await outcome(() =>
      quick(() =>
        withTransaction(ctx, async (tx) => {
          const slow = tx.execute(text`select pg_sleep(0.3)`);
          if (where === 'in a statement') await Promise.all([slow, setTimeout(() => void cut(), 50)]);
          else await slow;
          if (where === 'in a savepoint')
            await tx.transaction(async (inner) => {
              await cut();
              await inner.execute(text`select 1`);
            });
          if (where === 'at COMMIT') await cut();
        }),
      ),
    );
    expect(code).toBe('unavailable');
    expect(await quick(() => execute('select 1 as found'))).toMatchObject([{ found: 1 }]);
  },
);

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

test('a connection that idled as long as a freeze may last is replaced before it is used', async () => {
  await quick(() => execute('select 1'));
  const { now } = Date;
  onTestFinished(() => {
    Date.now = now;
  });
  Date.now = () => now() + 1_001;
  const accepted = proxy.connections();
  await quick(() => execute('select 1'));
  expect(proxy.connections()).toBe(accepted + 1);
});

test('the reason of a rollback is told even when the rollback hangs', async () => {
  const reason = new AppError('slug_taken', 'taken');
  const { code, ms } = await outcome(() =>
    quick(() =>
      withTransaction(ctx, async (tx) => {
        await tx.execute(text`select 1`);
        await proxy.set('hang');
        throw reason;
      }),
    ),
  );
  expect(code).toBe('slug_taken');
  expect(ms).toBeLessThan(answeredMs);
});

test('a failed statement fails its transaction even when its error is caught, but not that of a savepoint around it', async () => {
  const insert = text`insert into guarded values (7)`;
  const duplicate = (isNested: boolean) =>
    quick(() =>
      withTransaction(ctx, async (tx) => {
        await tx.execute(insert);
        const again = () => tx.execute(insert);
        await (isNested ? tx.transaction(async (inner) => inner.execute(insert)) : again()).catch(
          () => undefined,
        );
      }),
    );
  await expect(duplicate(false)).rejects.toThrow();
  expect(await sql`select 1 from guarded where id = 7`).toHaveLength(0);
  await duplicate(true);
  expect(await sql`select 1 from guarded where id = 7`).toHaveLength(1);
});

test('a statement that outlives its transaction does not reach the next user of the connection', async () => {
  let late: Promise<unknown> | undefined;
  await quick(() =>
    withTransaction(ctx, async (tx) => {
      late = new Promise((resolve) => setTimeout(resolve, 50)).then(() => tx.execute(text`select 1`));
      late.catch(() => undefined);
    }),
  );
  await expect(late).rejects.toThrow();
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

async function isRunning(marker: string): Promise<boolean> {
  const rows = await sql`
    select 1 from pg_stat_activity where state = 'active' and query like ${`${marker}%`} or query like ${`select ${marker}%`} and state = 'active'`;
  return rows.length > 0;
}
