import type postgres from 'postgres';
import { getConfig } from '#lib/config/get-config.ts';
import type { Connection, Rows } from './connection.ts';
import { ConnectionError } from './connection-error.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { createStatement, isRead, type Statement } from './statement.ts';
import { getStatementLimits, noteUse, type StatementLimits, withinLimit } from './statement-limits.ts';
import { runTransaction, type TransactionClient } from './transaction-client.ts';
import { TransactionLine } from './transaction-line.ts';

/** What Drizzle calls of a postgres.js client. */
export interface DrizzleClient {
  readonly options: Pick<postgres.ParsedOptions, 'parsers' | 'serializers'>;
  unsafe(text: string, parameters?: unknown[]): Statement;
  begin<T>(work: (tx: TransactionClient) => Promise<T>): Promise<T>;
}

// Beyond its limit by that much, this process itself has stood still, as in a freeze: what is repeated gets its time anew.
const frozenMs = 500;

/**
 * A pool as Drizzle's client. Every statement ends within its limits, with its result or an error, whatever network and server
 * do. Only what certainly changed nothing is repeated, once: a read, or what never reached the server.
 */
export class GuardedClient implements DrizzleClient {
  readonly options: DrizzleClient['options'];
  readonly #pool: ConnectionPool;

  /** `options` is what the pool's connections take their types from: Drizzle writes into it. */
  constructor(pool: ConnectionPool, options: DrizzleClient['options']) {
    this.#pool = pool;
    this.options = options;
  }

  unsafe(text: string, parameters: unknown[] = []): Statement {
    return createStatement((isArrays) => this.send(text, parameters, isArrays));
  }

  /** One statement on a connection of its own. */
  send(
    text: string,
    parameters: unknown[],
    isArrays: boolean,
    { firstWordMs, statementMs }: StatementLimits = getStatementLimits(),
  ): Promise<Rows> {
    return noteUse(1, async () => {
      const isQuick = statementMs <= firstWordMs;
      const limits = { firstWordMs, statementMs: isQuick ? 0 : statementMs };
      const [rows, connection] = await this.#reach(limits, isRead(text), async (connection, limitMs) => {
        // Where a statement may take long, an empty one before it finds a server that hangs.
        if (!isQuick) await withinLimit(limitMs, (ms) => connection.send('', [], false, ms));
        const ownMs = isQuick ? limitMs : statementMs;
        return withinLimit(ownMs, (ms) => connection.send(text, parameters, isArrays, ms));
      });
      this.#pool.release(connection);
      return rows;
    });
  }

  async begin<T>(work: (tx: TransactionClient) => Promise<T>): Promise<T> {
    const line = new TransactionLine((...statement) => this.#begin(...statement));
    try {
      return await runTransaction(line, work);
    } finally {
      const connection = await line.settle();
      if (connection) this.#pool.release(connection);
    }
  }

  /**
   * Until COMMIT nothing has changed: BEGIN and the statement are repeated even if that one writes. They are sent apart where BEGIN may be
   * refused and the connection goes on, as by a pooler that has no server left: the statement would be committed alone.
   */
  async #begin(text: string, parameters: unknown[], isArrays: boolean) {
    const { firstWordMs, statementMs } = getStatementLimits();
    const isQuick = statementMs <= firstWordMs;
    const limits = { firstWordMs, statementMs: isQuick ? 0 : statementMs };
    const [first, connection] = await this.#reach(limits, true, async (connection, limitMs) => {
      const begun = withinLimit(limitMs, (ms) => connection.send('begin', [], false, ms));
      if (!isQuick || !getConfig().DATABASE_PREPARE) await begun;
      const ownMs = isQuick ? limitMs : statementMs;
      const sent = withinLimit(ownMs, (ms) => connection.send(text, parameters, isArrays, ms));
      const [, outcome] = await Promise.allSettled([begun, sent]);
      await begun;
      if (outcome.status === 'rejected' && outcome.reason instanceof ConnectionError) throw outcome.reason;
      return outcome;
    });
    return { connection, first };
  }

  /**
   * Takes a connection for the first word with the server, all within one limit, and gives it back only when that fails. `statementMs`
   * is what `say` may take after that word.
   */
  async #reach<T>(
    { firstWordMs, statementMs }: StatementLimits,
    isHarmless: boolean,
    say: (connection: Connection, limitMs: number) => Promise<T>,
  ): Promise<[T, Connection]> {
    let startedAtMs = Date.now();
    const leftMs = () => firstWordMs - (Date.now() - startedAtMs);
    for (let isRepeated = false; ; isRepeated = true) {
      const connection = await withinLimit(leftMs(), (ms) => this.#pool.acquire(ms));
      try {
        return [await say(connection, leftMs()), connection];
      } catch (error) {
        this.#pool.release(connection);
        if (leftMs() < -statementMs - frozenMs) startedAtMs = Date.now();
        const canRepeat =
          error instanceof ConnectionError &&
          error.code !== 'DEADLINE_EXCEEDED' &&
          (isHarmless || !error.wasSent);
        if (isRepeated || !canRepeat || leftMs() <= 0) throw error;
      }
    }
  }
}
