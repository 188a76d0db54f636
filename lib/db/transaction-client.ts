import type { Connection, Rows } from './connection.ts';
import { createStatement, type Statement } from './statement.ts';
import { getStatementLimits, noteUse, withinLimit } from './statement-limits.ts';

// Nobody waits longer for being told that nothing happened; what hangs then is closed, which rolls back as well.
const rollbackMs = 250;

/** One transaction, or a savepoint in it; what Drizzle uses as `tx` of postgres.js. */
export class TransactionClient {
  readonly #connection: Connection;
  readonly #depth: number;
  #failure: unknown;
  #hasSavepoint = false;
  /** Set, a statement that nobody waited for cannot reach the connection any more, which others use by then. */
  hasEnded = false;

  constructor(connection: Connection, depth: number) {
    this.#connection = connection;
    this.#depth = depth;
  }

  unsafe(text: string, parameters: unknown[] = []): Statement {
    return createStatement((isArrays) => noteUse(1, () => this.#send(text, parameters, isArrays)));
  }

  /** Runs `work` so that only what it did is undone when it throws. One at a time: of two, one would undo what the other did. */
  async savepoint<T>(work: (tx: TransactionClient) => Promise<T>): Promise<T> {
    if (this.#hasSavepoint) throw new Error('a savepoint has to end before the next one begins');
    this.#hasSavepoint = true;
    try {
      const depth = this.#depth + 1;
      await noteUse(0, () => this.#send(`savepoint s${depth}`));
      return await runIn(this.#connection, depth, work, `rollback to savepoint s${depth}`);
    } finally {
      this.#hasSavepoint = false;
    }
  }

  /** Throws what one of the statements threw. */
  assertIntact(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #send(text: string, parameters: unknown[] = [], isArrays = false): Promise<Rows> {
    if (this.hasEnded) throw new Error('the transaction has ended');
    const { statementMs } = getStatementLimits();
    try {
      return await withinLimit(statementMs, (ms) => this.#connection.send(text, parameters, isArrays, ms));
    } catch (error) {
      // PostgreSQL has given the transaction up, even if the caller catches the error: COMMIT would quietly roll back.
      this.#failure ??= error;
      throw error;
    }
  }
}

/** Runs `work` after BEGIN, then COMMIT; when it or one of its statements fails, ROLLBACK, and throws that error. */
export async function runTransaction<T>(
  connection: Connection,
  work: (tx: TransactionClient) => Promise<T>,
): Promise<T> {
  const result = await runIn(connection, 0, work, 'rollback');
  const { statementMs } = getStatementLimits();
  const reply = await noteUse(0, () =>
    withinLimit(statementMs, (ms) => connection.send('commit', [], false, ms)),
  );
  if (reply.command !== 'COMMIT') throw new Error(`COMMIT was answered with ${reply.command}`);
  return result;
}

async function runIn<T>(
  connection: Connection,
  depth: number,
  work: (tx: TransactionClient) => Promise<T>,
  undo: string,
): Promise<T> {
  const client = new TransactionClient(connection, depth);
  try {
    const result = await work(client);
    client.assertIntact();
    return result;
  } catch (error) {
    client.hasEnded = true;
    await rollBack(connection, undo);
    throw error;
  } finally {
    client.hasEnded = true;
  }
}

async function rollBack(connection: Connection, undo: string): Promise<void> {
  if (!connection.isUsable) return;
  try {
    await connection.send(undo, [], false, rollbackMs);
  } catch {
    // The caller is told why it was rolled back; a connection that cannot even do that is closed, which does it.
    connection.discard();
  }
}
