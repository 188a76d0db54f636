import type { Connection, Rows } from './connection.ts';
import { getStatementLimits, withinLimit } from './statement-limits.ts';

// Once its first statement is answered, nobody waits longer for being told that nothing happened; what hangs then is closed, which
// rolls back as well.
const undoMs = 250;

/** Sends BEGIN together with a statement; resolves with the connection that answered, and what it said to the statement. */
export type Begin = (
  text: string,
  parameters: unknown[],
  isArrays: boolean,
) => Promise<{ readonly connection: Connection; readonly first: PromiseSettledResult<Rows> }>;

/**
 * What a transaction and its savepoints send by: a connection that it takes with its first statement, which BEGIN travels with. After
 * COMMIT or ROLLBACK nothing reaches that connection by it any more, which others use by then.
 */
export class TransactionLine {
  readonly #begin: Begin;
  #opening: ReturnType<Begin> | undefined;
  #isOver = false;

  constructor(begin: Begin) {
    this.#begin = begin;
  }

  async send(text: string, parameters: unknown[] = [], isArrays = false): Promise<Rows> {
    if (this.#isOver) throw new Error('the transaction has ended');
    if (this.#opening) return this.#sendOn((await this.#opening).connection, text, parameters, isArrays);
    this.#opening = this.#begin(text, parameters, isArrays);
    const { first } = await this.#opening;
    if (first.status === 'rejected') throw first.reason;
    return first.value;
  }

  /** Sends COMMIT, unless there is nothing to commit; throws when it is not known, or not true, that all was committed. */
  async commit(): Promise<void> {
    this.#isOver = true;
    if (!this.#opening) return;
    const { connection } = await this.#opening;
    const { command } = await this.#sendOn(connection, 'commit', [], false);
    if (command !== 'COMMIT') throw new Error(`COMMIT was answered with ${command}`);
  }

  /** Undoes all of it. */
  async rollBack(): Promise<void> {
    this.#isOver = true;
    await this.#undo('rollback');
  }

  /** Undoes what was done since a savepoint, unless all of it has ended. */
  async rollBackTo(savepoint: string): Promise<void> {
    if (!this.#isOver) await this.#undo(`rollback to savepoint ${savepoint}`);
  }

  /** The connection, once it is known whether there is one: undefined when nothing was sent or nobody answered. */
  async settle(): Promise<Connection | undefined> {
    try {
      return (await this.#opening)?.connection;
    } catch {
      // Whoever sent the first statement, or commits, is told.
      return undefined;
    }
  }

  #sendOn(connection: Connection, text: string, parameters: unknown[], isArrays: boolean): Promise<Rows> {
    const { statementMs } = getStatementLimits();
    return withinLimit(statementMs, (ms) => connection.send(text, parameters, isArrays, ms));
  }

  async #undo(text: string): Promise<void> {
    const connection = await this.settle();
    if (!connection?.isUsable) return;
    try {
      await connection.send(text, [], false, undoMs);
    } catch {
      // The caller is told why it was rolled back; a connection that cannot even do that is closed, which does it.
      connection.discard();
    }
  }
}
