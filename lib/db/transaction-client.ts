import type { Rows } from './connection.ts';
import { createStatement, type Statement } from './statement.ts';
import { noteUse } from './statement-limits.ts';
import type { TransactionLine } from './transaction-line.ts';

/** One transaction, or a savepoint in it; what Drizzle uses as `tx` of postgres.js. */
export class TransactionClient {
  readonly #line: TransactionLine;
  readonly #depth: number;
  #failure: unknown;
  #hasSavepoint = false;
  /** Set, a statement that nobody waited for is refused. */
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
      const name = `s${depth}`;
      await noteUse(0, () => this.#send(`savepoint ${name}`));
      return await runIn(this.#line, depth, work, () => this.#line.rollBackTo(name));
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
  const result = await runIn(line, 0, work, () => line.rollBack());
  await noteUse(0, () => line.commit());
  return result;
}

async function runIn<T>(
  line: TransactionLine,
  depth: number,
  work: (tx: TransactionClient) => Promise<T>,
  undo: () => Promise<void>,
): Promise<T> {
  const client = new TransactionClient(line, depth);
  try {
    const result = await work(client);
    client.assertIntact();
    return result;
  } catch (error) {
    client.hasEnded = true;
    await undo();
    throw error;
  } finally {
    client.hasEnded = true;
  }
}
