import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type postgres from 'postgres';
import type { Row } from './connection.ts';
import { ConnectionError } from './connection-error.ts';
import { openClient } from './open-client.ts';
import { type Address, openSocket } from './open-socket.ts';

interface CopyQuery extends Promise<Row[]> {
  readable(): Promise<Readable>;
  writable(): Promise<Writable>;
  reject(error: unknown): void;
}

const connectSeconds = 10;

/**
 * One connection beside the pool for work that takes minutes: plain statements, and whole tables by COPY. No limit of time but its
 * caller's `close`. It never connects again: what follows a lost connection would run outside of the transaction that went with it.
 */
export class CopyConnection {
  readonly #client: postgres.Sql;
  #socket: Socket | undefined;

  constructor(url: string) {
    this.#client = openClient(url, {
      max: 1,
      connect_timeout: connectSeconds,
      max_lifetime: null,
      fetch_types: false,
      prepare: false,
      onnotice: () => {},
      socket: (address: Address) => this.#openSocket(address),
    } as postgres.Options<Record<string, never>>);
  }

  /** Runs one statement, or several in one text. */
  async send(text: string, parameters: readonly string[] = []): Promise<Row[]> {
    return this.#query(text, parameters);
  }

  /** What `COPY … TO STDOUT` sends. */
  async *copyOut(text: string): AsyncGenerator<Buffer> {
    const rows = await this.#query(text).readable();
    try {
      yield* rows;
    } finally {
      // postgres.js pauses its socket for a reader that lags, and leaves it so when the end is in the same packet.
      rows._read(0);
    }
  }

  /** Sends `source` to `COPY … FROM STDIN`; when it throws nothing is stored. */
  async copyIn(text: string, source: AsyncIterable<Buffer>): Promise<void> {
    const query = this.#query(text);
    // postgres.js tells nobody when the server refuses the rows after the last of them was sent.
    const refused = new Promise<never>((_, reject) => {
      const tell = query.reject;
      query.reject = (error) => {
        tell(error);
        reject(error);
      };
    });
    const stored = query.writable().then((sink) => pipeline(source, sink));
    await Promise.race([stored, refused]);
  }

  /** Ends at once, also what is under way: its transaction is rolled back. */
  async close(): Promise<void> {
    await this.#client.end({ timeout: 0 });
    this.#socket?.destroy();
  }

  #query(text: string, parameters: readonly string[] = []): CopyQuery {
    return this.#client.unsafe(text, [...parameters]) as unknown as CopyQuery;
  }

  async #openSocket(address: Address): Promise<Socket> {
    if (this.#socket) throw new ConnectionError('CONNECTION_CLOSED', 'the connection was lost', true);
    return openSocket(address, connectSeconds * 1_000, (socket) => {
      this.#socket = socket;
    });
  }
}
