import { sql as text } from 'drizzle-orm';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { adoptConfig, getConfig } from '#lib/config/get-config.ts';
import { getPoolStatistics, type Transaction } from '#lib/db/client.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { execute, isRunning, outcome, quick, useProxiedDatabase } from '#test/support/proxied-database.ts';
import { contextOf, sql } from '#test/support/tenant.ts';

const answeredMs = 1_500;
const ctx = contextOf({ type: 'system', jobId: 'test' } as never);
const proxy = useProxiedDatabase();
beforeAll(() => sql`create table guarded (id int primary key)`);
afterAll(() => sql`drop table guarded`);

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

test('a transaction that loses its connection in its first statement begins once more: nothing has changed yet', async () => {
  await quick(() => execute('select 1'));
  let runs = 0;
  const inserting = outcome(() =>
    quick(() =>
      withTransaction(ctx, (tx) => {
        runs++;
        return tx.execute(text`insert into guarded select 2 from pg_sleep(0.2) returning id`);
      }),
    ),
  );
  await expect.poll(() => isRunning('insert into guarded select 2')).toBe(true);
  await proxy.set('reset');
  await proxy.set('pass');
  expect(await inserting).toMatchObject({ result: [{ id: 2 }] });
  expect(runs).toBe(1);
  expect(await sql`select count(*)::int from guarded where id = 2`).toMatchObject([{ count: 1 }]);
});

test('BEGIN travels with the first statement, and a transaction without one sends nothing', async () => {
  await quick(() => execute('select 1'));
  const packetsOf = async (work: Parameters<typeof withTransaction<unknown>>[1]) => {
    const before = proxy.packets();
    await quick(() => withTransaction(ctx, work));
    return proxy.packets() - before;
  };
  expect(await packetsOf(async () => {})).toBe(0);
  expect(await packetsOf((tx) => tx.execute(text`select 1`))).toBe(2);
  const inSavepoint = (tx: Transaction) => tx.transaction((inner) => inner.execute(text`select 1`));
  expect(await packetsOf(inSavepoint)).toBe(3);
});

test('through a pooler, which may refuse BEGIN and go on, the first statement waits for it', async () => {
  const config = getConfig();
  onTestFinished(() => adoptConfig(config));
  adoptConfig({ ...config, DATABASE_PREPARE: false });
  await quick(() => execute('select 1'));
  const before = proxy.packets();
  await quick(() => withTransaction(ctx, (tx) => tx.execute(text`select 1`)));
  expect(proxy.packets() - before).toBe(3);
});

test('a transaction that nobody answered has not succeeded, even if nobody waited for its statement', async () => {
  await proxy.set('refuse');
  const { code } = await outcome(() =>
    quick(() =>
      withTransaction(ctx, async (tx) => {
        void tx.execute(text`insert into guarded values (4)`).then(undefined, () => {});
      }),
    ),
  );
  expect(code).toBe('unavailable');
});

test('a savepoint that outlives its transaction does not reach the next user of the connection', async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  let late: Promise<unknown> | undefined;
  const failing = quick(() =>
    withTransaction(ctx, async (tx) => {
      await tx.execute(text`select 1`);
      late = tx.transaction(async (inner) => {
        await gate;
        await inner.execute(text`insert into guarded values (5)`);
      });
      late.catch(() => {});
      throw new Error('on purpose');
    }),
  );
  await expect(failing).rejects.toThrow('on purpose');
  await quick(() =>
    withTransaction(ctx, async (tx) => {
      await tx.execute(text`insert into guarded values (6)`);
      open();
      await expect(late).rejects.toMatchObject({ cause: { message: 'the transaction has ended' } });
    }),
  );
  expect(await sql`select id from guarded where id in (5, 6)`).toEqual([{ id: 6 }]);
});

test('a transaction whose first statement nobody waited for gives its connection back', async () => {
  const failing = quick(() =>
    withTransaction(ctx, async (tx) => {
      void tx.execute(text`insert into guarded select 3 from pg_sleep(0.1)`).then(undefined, () => {});
      throw new Error('on purpose');
    }),
  );
  await expect(failing).rejects.toThrow('on purpose');
  expect(getPoolStatistics()).toMatchObject({ busy: 0, idle: 1 });
  expect(await sql`select from guarded where id = 3`).toHaveLength(0);
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
          await tx.execute(text`select 1`);
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

test('of savepoints side by side one is refused, and what the other did is not undone', async () => {
  const insert = (id: number) => text`insert into guarded values (${id})`;
  const results = await withTransaction(ctx, (tx) =>
    Promise.allSettled([
      tx.transaction((one) => one.execute(insert(901))),
      tx.transaction((other) => other.execute(insert(902))),
    ]),
  );
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(await sql`select id from guarded where id > 900`).toEqual([{ id: 901 }]);
});
