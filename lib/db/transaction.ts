import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor, SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { withinDeadline } from '#lib/invocation.ts';
import { type Database, getPool, getReplicaPool, type Transaction } from './client.ts';
import { findServerError, sqlStateRuleOf } from './sql-state.ts';

type AnyContext = Context<Actor | SystemActor | undefined>;

// Two that got into each other's way once will rarely do it three times.
const maxAttempts = 3;
// About as long as the transactions take that got into the way.
const basePauseMs = 20;

/** Where a verb reads: the transaction it takes part in, or the pool. */
export function getDatabase(ctx: AnyContext | { readonly db: Transaction }): Database {
  return ctx.db ?? getPool();
}

/** Where a verb reads what may be some seconds old, as statistics and audit lists: the replica, if there is one, but in a transaction. */
export function getReplica(ctx: AnyContext): Database {
  return ctx.db ?? getReplicaPool();
}

/**
 * Runs `work` in one transaction: all of it commits or, when it throws, none of it. Inside another one it is a savepoint. After a
 * serialization failure or a deadlock the whole transaction runs again: what `work` does outside of `tx` may happen up to three times.
 */
export async function withTransaction<T>(ctx: AnyContext, work: (tx: Transaction) => Promise<T>): Promise<T> {
  if (ctx.db) return ctx.db.transaction(work);
  const { guard } = ctx;
  const guarded = !guard
    ? work
    : async (tx: Transaction) => {
        await guard(tx);
        return work(tx);
      };
  for (let attempt = 1; ; attempt++) {
    try {
      return await getPool().transaction(guarded);
    } catch (error) {
      // At least what `withinDeadline` has left at the end.
      const pauseMs = 1 + Math.random() * basePauseMs * 2 ** attempt;
      const isLast = attempt === maxAttempts || withinDeadline(pauseMs + 1) < pauseMs;
      if (isLast || sqlStateRuleOf(findServerError(error)).outcome !== 'retry') throw error;
      await sleep(pauseMs);
    }
  }
}
