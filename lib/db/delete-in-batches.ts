import { type SQL, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { withTransaction } from './transaction.ts';

// Small enough that a batch holds its row locks for milliseconds.
const batchSize = 500;

/**
 * Removes the rows that fulfil a condition, batch by batch, until none is left or time runs out; returns how many. Rows that somebody
 * else works on are left to the next time. `dependents` is what goes with them: a further part of the `with` in which `removed` has the rows.
 */
export async function deleteInBatches(
  ctx: Context<SystemActor>,
  table: PgTable,
  condition: SQL,
  dependents?: SQL,
): Promise<number> {
  const batch = sql`select ctid from ${table} where ${condition} limit ${batchSize} for update skip locked`;
  const removal = sql`delete from ${table} where ctid = any (array(${batch}))`;
  const statement = dependents
    ? sql`with removed as (${removal} returning *), ${dependents} select from removed`
    : removal;
  let total = 0;
  while (!ctx.signal.aborted) {
    const { count } = await withTransaction(ctx, (tx) => tx.execute(statement));
    total += count;
    if (count < batchSize) break;
  }
  return total;
}
