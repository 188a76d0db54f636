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

/** What one attempt has; a quick statement is itself the first word. */
interface Turn extends StatementLimits {
  readonly isQuick: boolean;
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
    limits: StatementLimits = getStatementLimits(),
  ): Promise<Rows> {
    return noteUse(1, async () => {
      const [rows, connection] = await this.#reach(limits, isRead(text), async (connection, turn) => {
        // Where a statement may take long, an empty one before it finds a server that hangs.
        if (!turn.isQuick) await withinLimit(turn.firstWordMs, (ms) => connection.send('', [], false, ms));
        return withinLimit(turn.statementMs, (ms) => connection.send(text, parameters, isArrays, ms));
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
    const [first, connection] = await this.#reach(getStatementLimits(), true, async (connection, turn) => {
      const begun = withinLimit(turn.firstWordMs, (ms) => connection.send('begin', [], false, ms));
      if (!turn.isQuick || !getConfig().DATABASE_PREPARE) await begun;
      const sent = withinLimit(turn.statementMs, (ms) => connection.send(text, parameters, isArrays, ms));
      const [, outcome] = await Promise.allSettled([begun, sent]);
      await begun;
      if (outcome.status === 'rejected' && outcome.reason instanceof ConnectionError) throw outcome.reason;
      return outcome;
    });
    return { connection, first };
  }

  /**
   * Takes a connection for the first word with the server, all within one limit, and gives it back only when that fails. A statement
   * that is not quick has `statementMs` after that word.
   */
  async #reach<T>(
    { firstWordMs, statementMs }: StatementLimits,
    isHarmless: boolean,
    say: (connection: Connection, turn: Turn) => Promise<T>,
  ): Promise<[T, Connection]> {
    const isQuick = statementMs <= firstWordMs;
    const wholeMs = firstWordMs + (isQuick ? 0 : statementMs);
    let startedAtMs = Date.now();
    const passedMs = () => Date.now() - startedAtMs;
    const leftMs = () => firstWordMs - passedMs();
    for (let isRepeated = false; ; isRepeated = true) {
      const connection = await withinLimit(leftMs(), (ms) => this.#pool.acquire(ms));
      try {
        const turn = { isQuick, firstWordMs: leftMs(), statementMs: isQuick ? leftMs() : statementMs };
        return [await say(connection, turn), connection];
      } catch (error) {
        this.#pool.release(connection);
        if (passedMs() > wholeMs + frozenMs) startedAtMs = Date.now();
        const canRepeat =
          error instanceof ConnectionError &&
          error.code !== 'DEADLINE_EXCEEDED' &&
          (isHarmless || !error.wasSent);
        if (isRepeated || !canRepeat || leftMs() <= 0) throw error;
      }
    }
  }
}
