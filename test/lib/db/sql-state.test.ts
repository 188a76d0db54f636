import { sql as text } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getConfig } from '#lib/config/get-config.ts';
import { closePool, getPool, getPoolStatistics, type Transaction } from '#lib/db/client.ts';
import { sqlStateRules } from '#lib/db/sql-state.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { toAppError } from '#lib/errors/to-app-error.ts';
import { runInvocation } from '#lib/invocation.ts';
import { contextOf, sql } from '#test/support/tenant.ts';

const ctx = contextOf({ type: 'system', jobId: 'test' } as never);
const raise = (sqlState: string) =>
  text.raw(`do $$ begin raise exception 'on purpose' using errcode = '${sqlState}'; end $$`);
const outsideOfTransaction = async (statement: ReturnType<typeof raise>) => getPool().execute(statement);

beforeAll(async () => {
  await sql`create table contended (id int primary key, value int not null)`;
  await sql`insert into contended values (1, 0), (2, 0)`;
});
// Other files look at the schema.
afterAll(() => sql`drop table contended`);

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return toAppError(error).code;
  }
}

/** The code a client sees, and whether the connection was given up. */
async function failureOf(work: () => Promise<unknown>) {
  const before = getPoolStatistics().discards;
  const code = await codeOf(work());
  return { code, isDiscarded: getPoolStatistics().discards > before };
}

/** A SQLSTATE of each rule, some of which are for a class. */
const raised = Object.entries(sqlStateRules)
  .filter(([key]) => key.length <= 5)
  .map(([key, rule]) => [key.length === 5 ? key : `${key}${key === '57P' ? '03' : '000'}`, rule] as const);

test.each(raised)('%s has the outcome of its rule', async (sqlState, rule) => {
  const code = rule.outcome === 'retry' ? 'unavailable' : rule.outcome;
  expect(await failureOf(() => outsideOfTransaction(raise(sqlState)))).toEqual({
    code,
    isDiscarded: rule.isDiscarded,
  });
});

test.each(['0A000', '22012', '23505', '42P01', 'XX000', 'P0001'])(
  '%s is a mistake of ours',
  async (sqlState) => {
    expect(await failureOf(() => outsideOfTransaction(raise(sqlState)))).toEqual({
      code: 'internal',
      isDiscarded: false,
    });
  },
);

describe('a transaction runs again', () => {
  test('after a deadlock', async () => {
    let runs = 0;
    let ready = 0;
    const lockBoth = (first: number, second: number) =>
      withTransaction(ctx, async (tx) => {
        runs++;
        await tx.execute(text`update contended set value = value + 1 where id = ${first}`);
        ready++;
        // Both hold their first row before either asks for the other's; when one runs again, the other is done or waits.
        if (runs <= 2) await expect.poll(() => ready).toBeGreaterThanOrEqual(2);
        await tx.execute(text`update contended set value = value + 1 where id = ${second}`);
      });
    const [before] = await sql`select sum(value)::int as sum from contended`;
    await Promise.all([lockBoth(1, 2), lockBoth(2, 1)]);
    const [after] = await sql`select sum(value)::int as sum from contended`;
    expect(runs).toBeGreaterThan(2);
    expect(after?.sum - before?.sum).toBe(4);
  });

  test('after a serialization failure', async () => {
    let runs = 0;
    const increase = () =>
      withTransaction(ctx, async (tx) => {
        await tx.execute(text`set transaction isolation level serializable`);
        const [row] = await tx.execute(text`select value from contended where id = 1`);
        runs++;
        if (runs <= 2) await expect.poll(() => runs).toBeGreaterThanOrEqual(2);
        await tx.execute(text`update contended set value = ${Number(row?.value) + 1} where id = 1`);
      });
    const [before] = await sql`select value from contended where id = 1`;
    await Promise.all([increase(), increase()]);
    const [after] = await sql`select value from contended where id = 1`;
    expect([runs, after?.value - before?.value]).toEqual([3, 2]);
  });

  test('after a migration has changed what a prepared statement of its connection returns', async () => {
    const select = (tx: Transaction) => tx.execute(text`select value from contended where id = ${1}`);
    let runs = 0;
    const read = withTransaction(ctx, async (tx) => {
      runs++;
      const found = await select(tx);
      if (runs > 1) return found;
      await tx.execute(text`alter table contended alter column value type text`);
      return select(tx);
    });
    expect([(await read).length, runs]).toEqual([1, 2]);
  });

  test('three times at most, as a whole: a savepoint is not repeated by itself', async () => {
    const runs = { outer: 0, inner: 0 };
    const work = withTransaction(ctx, async (tx) => {
      runs.outer++;
      await withTransaction({ ...ctx, db: tx }, async (inner) => {
        runs.inner++;
        await inner.execute(raise('40001'));
      });
    });
    expect(await codeOf(work)).toBe('unavailable');
    expect(runs).toEqual({ outer: 3, inner: 3 });
  });

  test('but not after the time of its invocation', async () => {
    let runs = 0;
    const work = runInvocation(0, false, () =>
      withTransaction(ctx, async (tx) => {
        runs++;
        await tx.execute(raise('40001'));
      }),
    );
    expect(await codeOf(work)).toMatch(/unavailable|deadline_exceeded/);
    expect(runs).toBeLessThanOrEqual(1);
  });
});

describe('what PostgreSQL says of itself', () => {
  const inTransaction = (...statements: string[]) =>
    failureOf(() =>
      withTransaction(ctx, async (tx) => {
        for (const statement of statements) await tx.execute(text.raw(statement));
      }),
    );

  test('a statement that takes too long ends with deadline_exceeded', async () => {
    expect(await inTransaction("set local statement_timeout = '20ms'", 'select pg_sleep(5)')).toEqual({
      code: 'deadline_exceeded',
      isDiscarded: false,
    });
  });

  test('a lock that is not to be had in time is unavailable', async () => {
    const holder = await sql.reserve();
    await holder`begin`;
    await holder`select 1 from contended where id = 1 for update`;
    expect(
      await inTransaction("set local lock_timeout = '20ms'", 'update contended set value = 0 where id = 1'),
    ).toEqual({ code: 'unavailable', isDiscarded: false });
    await holder`rollback`;
    holder.release();
  });

  test('a primary that became a standby is left', async () => {
    expect(await inTransaction('set transaction read only', 'update contended set value = 0')).toEqual({
      code: 'unavailable',
      isDiscarded: true,
    });
  });

  test.each([
    ['an administrator ends the connection', 'select pg_terminate_backend(pg_backend_pid())'],
    ['it idles in its transaction', "set local idle_in_transaction_session_timeout = '20ms'"],
  ])('it is unavailable to a transaction when %s, and there for the next one', async (_, statement) => {
    const failing = failureOf(() =>
      withTransaction(ctx, async (tx) => {
        await tx.execute(text.raw(statement));
        await expect.poll(() => codeOf(tx.execute(text`select 1`)), { interval: 100 }).toBe('unavailable');
      }),
    );
    expect(await failing).toEqual({ code: 'unavailable', isDiscarded: true });
    expect(await outsideOfTransaction(text`select 1 as found`)).toMatchObject([{ found: 1 }]);
  });

  test('it is unavailable when it has no connection left', async () => {
    await closePool(1);
    const config = getConfig() as { DATABASE_URL: string };
    const { DATABASE_URL: original } = config;
    const url = new URL(original);
    await sql.unsafe('drop role if exists crowded').simple();
    await sql.unsafe("create role crowded login password 'crowded' connection limit 0").simple();
    url.username = url.password = 'crowded';
    try {
      config.DATABASE_URL = url.href;
      expect((await failureOf(() => outsideOfTransaction(text`select 1`))).code).toBe('unavailable');
    } finally {
      config.DATABASE_URL = original;
      await closePool(1);
    }
    await sql.unsafe('drop role crowded').simple();
  });
});
