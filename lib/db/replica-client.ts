import type { Rows } from './connection.ts';
import { ConnectionError } from './connection-error.ts';
import type { DrizzleClient, GuardedClient } from './guarded-client.ts';
import { findSqlState, sqlStateRuleOf } from './sql-state.ts';
import { createStatement, isRead, type Statement } from './statement.ts';
import type { TransactionClient } from './transaction-client.ts';

// So that not every read pays for finding it out.
const awayMs = 10_000;

/** Reads from the replica as long as it answers, and from the primary otherwise; whatever is no read runs on the primary. */
export class ReplicaClient implements DrizzleClient {
  readonly options: DrizzleClient['options'];
  readonly #replica: GuardedClient;
  readonly #primary: GuardedClient;
  #awayUntilMs = 0;

  constructor(replica: GuardedClient, primary: GuardedClient) {
    this.#replica = replica;
    this.#primary = primary;
    this.options = replica.options;
  }

  unsafe(text: string, parameters: unknown[] = []): Statement {
    return createStatement((isArrays) => this.#send(text, parameters, isArrays));
  }

  begin<T>(work: (tx: TransactionClient) => Promise<T>): Promise<T> {
    return this.#primary.begin(work);
  }

  async #send(text: string, parameters: unknown[], isArrays: boolean): Promise<Rows> {
    if (isRead(text) && Date.now() >= this.#awayUntilMs)
      try {
        return await this.#replica.send(text, parameters, isArrays);
      } catch (error) {
        if (!isAway(error)) throw error;
        this.#awayUntilMs = Date.now() + awayMs;
      }
    return this.#primary.send(text, parameters, isArrays);
  }
}

/** Without an answer, or cancelled because it was in the way of what the primary had changed. */
function isAway(error: unknown): boolean {
  if (error instanceof ConnectionError) return error.code !== 'DEADLINE_EXCEEDED';
  const { outcome } = sqlStateRuleOf(findSqlState(error) ?? '');
  return outcome === 'unavailable' || outcome === 'retry';
}
