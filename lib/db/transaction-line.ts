import type { Connection, Rows } from './connection.ts';
import { getStatementLimits, withinLimit } from './statement-limits.ts';

/** Sends BEGIN together with a statement; resolves with the connection that answered, and what it said to the statement. */
export type Begin = (
  text: string,
  parameters: unknown[],
  isArrays: boolean,
) => Promise<{ readonly connection: Connection; readonly first: PromiseSettledResult<Rows> }>;

/** What a transaction sends by: a connection that it takes with its first statement, which BEGIN travels with. */
export class TransactionLine {
  readonly #begin: Begin;
  #opening: ReturnType<Begin> | undefined;
  #connection: Connection | undefined;

  constructor(begin: Begin) {
    this.#begin = begin;
  }

  async send(text: string, parameters: unknown[] = [], isArrays = false): Promise<Rows> {
    if (!this.#opening) return this.#open(text, parameters, isArrays);
    const connection = this.#connection ?? (await this.#opening).connection;
    const { statementMs } = getStatementLimits();
    return withinLimit(statementMs, (ms) => connection.send(text, parameters, isArrays, ms));
  }

  /** The connection, once it is known whether there is one: undefined when nothing was sent or nobody answered. */
  async settle(): Promise<Connection | undefined> {
    await this.#opening?.catch(() => {
      // Whoever sent the first statement was told.
    });
    return this.#connection;
  }

  async #open(text: string, parameters: unknown[], isArrays: boolean): Promise<Rows> {
    this.#opening = this.#begin(text, parameters, isArrays).then((opened) => {
      this.#connection = opened.connection;
      return opened;
    });
    const { first } = await this.#opening;
    if (first.status === 'rejected') throw first.reason;
    return first.value;
  }
}
