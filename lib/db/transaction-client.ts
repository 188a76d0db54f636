import type { Rows } from './connection.ts';
import { createStatement, type Statement } from './statement.ts';
import { noteUse } from './statement-limits.ts';
import type { TransactionLine } from './transaction-line.ts';

// Nobody waits longer for being told that nothing happened; what hangs then is closed, which rolls back as well.
const rollbackMs = 250;

/** One transaction, or a savepoint in it; what Drizzle uses as `tx` of postgres.js. */
export class TransactionClient {
  readonly #line: TransactionLine;
  readonly #depth: number;
  #failure: unknown;
  #hasSavepoint = false;
  /** Set, a statement that nobody waited for cannot reach the connection any more, which others use by then. */
  hasEnded = false;

  constructor(line: TransactionLine, depth: number) {
    this.#line = line;
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
      return await runIn(this.#line, depth, work, `rollback to savepoint s${depth}`);
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
    try {
      return await this.#line.send(text, parameters, isArrays);
    } catch (error) {
      // PostgreSQL has given the transaction up, even if the caller catches the error: COMMIT would quietly roll back.
      this.#failure ??= error;
      throw error;
    }
  }
}

/** Runs `work` between BEGIN and COMMIT; when it or one of its statements fails, ROLLBACK, and throws that error. */
export async function runTransaction<T>(
  line: TransactionLine,
  work: (tx: TransactionClient) => Promise<T>,
): Promise<T> {
  const result = await runIn(line, 0, work, 'rollback');
  if (!(await line.settle())) return result;
  const reply = await noteUse(0, () => line.send('commit'));
  if (reply.command !== 'COMMIT') throw new Error(`COMMIT was answered with ${reply.command}`);
  return result;
}

async function runIn<T>(
  line: TransactionLine,
  depth: number,
  work: (tx: TransactionClient) => Promise<T>,
  undo: string,
): Promise<T> {
  const client = new TransactionClient(line, depth);
  try {
    const result = await work(client);
    client.assertIntact();
    return result;
  } catch (error) {
    client.hasEnded = true;
    await rollBack(line, undo);
    throw error;
  } finally {
    client.hasEnded = true;
  }
}

async function rollBack(line: TransactionLine, undo: string): Promise<void> {
  const connection = await line.settle();
  if (!connection?.isUsable) return;
  try {
    await connection.send(undo, [], false, rollbackMs);
  } catch {
    // The caller is told why it was rolled back; a connection that cannot even do that is closed, which does it.
    connection.discard();
  }
}
