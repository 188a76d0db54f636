import { randomUUID } from 'node:crypto';
import { eq, sql as text } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { getPool } from '#lib/db/client.ts';
import { prepareOnce } from '#lib/db/prepare-once.ts';
import { users } from '#lib/db/schema/users.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { contextOf } from '#test/support/tenant.ts';

const ctx = contextOf({ type: 'system', jobId: 'test' } as never);

/** What one connection of the application has prepared after `work` on it. */
function preparedBy(
  work: (execute: (statement: ReturnType<typeof text>) => Promise<unknown>) => Promise<void>,
) {
  return withTransaction(ctx, async (tx) => {
    await tx.execute(text`deallocate all`);
    await work((statement) => tx.execute(statement));
    return tx.execute(text`select statement, generic_plans, custom_plans from pg_prepared_statements`);
  });
}

test('a statement that comes again is prepared once, and planned for its values each time', async () => {
  const prepared = await preparedBy(async (execute) => {
    for (let value = 0; value < 10; value++) await execute(text`select ${value}::int as again`);
  });
  expect(prepared).toMatchObject([{ custom_plans: '10', generic_plans: '0' }]);
});

test('statements with lists of values do not fill the memory of the server', async () => {
  const prepared = await preparedBy(async (execute) => {
    for (let length = 31; length < 60; length++)
      await execute(text`select 1 where 1 in ${Array.from({ length }, (_, index) => index)}`);
  });
  expect(prepared).toEqual([]);
});

test('nor do statements of which each is another one', async () => {
  await withTransaction(ctx, async (tx) => {
    for (let index = 0; index < 150; index++)
      await tx.execute(text`select ${index}::int as ${text.raw(`column_${index}`)}`);
    const [row] = await tx.execute(text`select count(*)::int from pg_prepared_statements`);
    expect(row?.count).toBeGreaterThan(50);
    expect(row?.count).toBeLessThanOrEqual(100);
  });
});

test('a statement that is built once runs in the transaction that it is given, and outside of one', async () => {
  const find = prepareOnce((database) =>
    database
      .select({ id: users.id })
      .from(users)
      .where(eq(users.email, text.placeholder('email')))
      .prepare('user_by_email'),
  );
  const values = { email: `${randomUUID()}@example.com` };
  const user = { ...values, id: randomUUID(), name: 'Ada', passwordHash: '!' };
  expect(await find(getPool()).execute(values)).toEqual([]);
  await withTransaction(ctx, async (tx) => {
    await tx.insert(users).values(user);
    expect(await find(tx).execute(values)).toEqual([{ id: user.id }]);
    expect(await find(getPool()).execute(values)).toEqual([]);
  });
  expect(await find(getPool()).execute(values)).toEqual([{ id: user.id }]);
});

test('the server itself ends what the client can not', async () => {
  const [row] = await getPool().execute(
    text`select current_setting('statement_timeout') as a, current_setting('idle_in_transaction_session_timeout') as b`,
  );
  expect(row).toEqual({ a: '5s', b: '5s' });
});
