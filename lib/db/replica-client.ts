import type { Rows } from './connection.ts';
import { ConnectionError } from './connection-error.ts';
import type { DrizzleClient, GuardedClient } from './guarded-client.ts';
import { findServerError, sqlStateRuleOf } from './sql-state.ts';
import { createStatement, isRead, type Statement } from './statement.ts';
import { getStatementLimits, type StatementLimits } from './statement-limits.ts';
import type { TransactionClient } from './transaction-client.ts';

// Of DATABASE_TIMEOUT_MS, in a quick request: a replica that is away, or answers the first word and then hangs, leaves the primary its
// time, and both together end within the second that a request has.
const firstWordShare = 1 / 5;
const statementShare = 1 / 2;

// So that not every read pays for finding it out.
const awayMs = 10_000;

/** Reads from the replica as long as it answers, and from the primary otherwise; whatever is no read runs on the primary. */
export class ReplicaClient implements DrizzleClient {
  readonly options: DrizzleClient['options'];
  readonly #replica: GuardedClient;
  readonly #primary: GuardedClient;
  #awayUntilMs = 0;
  /** The last read had the first word of the replica, and no answer in its time. */
  #wasSlow = false;

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
    const limits = getStatementLimits();
    if (!isRead(text) || Date.now() < this.#awayUntilMs)
      return this.#primary.send(text, parameters, isArrays, limits);
    const startedAt = performance.now();
    const ofReplica = replicaLimits(limits);
    try {
      const rows = await this.#replica.send(text, parameters, isArrays, ofReplica);
      this.#wasSlow = false;
      return rows;
    } catch (error) {
      if (!isAway(error)) throw error;
      const usedMs = performance.now() - startedAt;
      // One slow read says nothing of the replica, two in a row do.
      const isSlow = isUnanswered(error) && usedMs >= ofReplica.statementMs;
      if (!isSlow || this.#wasSlow) this.#awayUntilMs = Date.now() + awayMs;
      this.#wasSlow = isSlow;
      return this.#primary.send(text, parameters, isArrays, limitsAfter(usedMs, limits));
    }
  }
}

function isQuick({ firstWordMs, statementMs }: StatementLimits): boolean {
  return statementMs <= firstWordMs;
}

function replicaLimits(limits: StatementLimits): StatementLimits {
  const { firstWordMs, statementMs } = limits;
  return {
    firstWordMs: firstWordMs * firstWordShare,
    statementMs: isQuick(limits) ? firstWordMs * statementShare : statementMs,
  };
}

/** What the primary has after the replica: all of its time but what the replica took beyond its first word. */
function limitsAfter(usedMs: number, limits: StatementLimits): StatementLimits {
  if (!isQuick(limits)) return limits;
  const { firstWordMs } = limits;
  const leftMs = Math.min(firstWordMs, firstWordMs * (1 + firstWordShare) - usedMs);
  // More than the replica may use is used only when this process stands still, as in a freeze.
  const primaryMs = Math.max(leftMs, firstWordMs * (1 - statementShare));
  return { firstWordMs: primaryMs, statementMs: primaryMs };
}

function isUnanswered(error: unknown): boolean {
  return error instanceof ConnectionError && error.code === 'NO_ANSWER';
}

/** Without an answer, or cancelled because it was in the way of what the primary had changed. */
function isAway(error: unknown): boolean {
  if (error instanceof ConnectionError) return error.code !== 'DEADLINE_EXCEEDED';
  const { outcome } = sqlStateRuleOf(findServerError(error));
  return outcome === 'unavailable' || outcome === 'retry';
}
