import { sql as text } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withTransaction } from '#lib/db/transaction.ts';
import { contextOf, sql } from '#test/support/tenant.ts';

const ctx = contextOf({ type: 'system', jobId: 'test' } as never);

beforeAll(() => sql`create table side_by_side (id int primary key)`);
afterAll(() => sql`drop table side_by_side`);

test('of savepoints side by side one is refused, and what the other did is not undone', async () => {
  const insert = (id: number) => text`insert into side_by_side values (${id})`;
  const results = await withTransaction(ctx, (tx) =>
    Promise.allSettled([
      tx.transaction((one) => one.execute(insert(901))),
      tx.transaction((other) => other.execute(insert(902))),
    ]),
  );
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(await sql`select id from side_by_side where id > 900`).toEqual([{ id: 901 }]);
});
