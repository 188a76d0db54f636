import type { Actor, SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { type Database, getPool, type Transaction } from './client.ts';

type AnyContext = Context<Actor | SystemActor | undefined>;

/** Where a verb reads: the transaction it takes part in, or the pool. */
export function getDatabase(ctx: AnyContext): Database {
  return ctx.db ?? getPool();
}

/** Runs `work` in one transaction: all of it commits or, when it throws, none of it. Inside another one it is a savepoint. */
export function withTransaction<T>(ctx: AnyContext, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return getDatabase(ctx).transaction(work);
}
