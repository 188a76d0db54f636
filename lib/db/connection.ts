import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type postgres from 'postgres';
import { sqlComment } from '#lib/observability/sql-comment.ts';
import { ConnectionError } from './connection-error.ts';
import { openClient } from './open-client.ts';
import { type Address, openSocket } from './open-socket.ts';
import { connectionCodes, findServerError, sqlStateRuleOf } from './sql-state.ts';

export type Row = Record<string, unknown>;
export type Rows = Row[] & { readonly command?: string };
interface Query extends Promise<Rows> {
  values(): Query;
  /** What `cancel` calls, which does not say how it ended. */
  canceller(query: Query): Promise<void>;
  readonly active: boolean;
  /** The server's process; null until the statement is sent. */
  readonly state: object | null;
}
type Options = postgres.Options<Record<string, never>>;

/** What became of connections, for the statistics of their pool. */
export interface ConnectionCounters {
  connects: number;
  errors: number;
  discards: number;
}

export interface ConnectionSettings {
  readonly url: string;
  readonly options: Options;
  /** How Drizzle wants values: it writes into the client that it is given. */
  readonly types: Pick<postgres.ParsedOptions, 'parsers' | 'serializers'>;
}

// Texts are few: one a query. What varies, such as lists of values, has many parameters and would fill the server's memory.
const maxPreparedTexts = 100;
const maxPreparedParameters = 30;
// To reach the server once more; nobody waits for it.
const goodbyeMs = 500;

/**
 * One connection: a postgres.js client that may open one socket. A client that reconnects by itself can hang after a freeze, or
 * give a statement the result of another one (ADR 0016).
 */
export class Connection {
  /** False once it failed or was discarded: it takes no statement any more. */
  isUsable = true;
  /** Wall clock: the monotonic one may stand still in a freeze. */
  lastUsedAtMs = Date.now();

  readonly #client: postgres.Sql;
  readonly #counters: ConnectionCounters;
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Set<(error: Error) => void>();
  readonly #preparedTexts = new Set<string>();
  #isCancelling = false;
  /** Of the statement that the socket is opened for. */
  #timeoutMs = 0;

  constructor({ url, options, types }: ConnectionSettings, counters: ConnectionCounters) {
    this.#counters = counters;
    const socket = (address: Address) => this.#openSocket(address);
    // An idle one may close.
    const onclose = () => (this.#waiting.size > 0 ? this.#fail() : this.discard());
    this.#client = openClient(url, { ...options, max: 1, onclose, socket } as Options);
    Object.assign(this.#client.options.parsers, types.parsers);
    Object.assign(this.#client.options.serializers, types.serializers);
  }

  /**
   * Sends a statement, after those under way, and waits for its answer for `timeoutMs`. Without one the connection is
   * discarded, the statement cancelled and `ConnectionError` thrown.
   */
  send(text: string, parameters: unknown[], isArrays: boolean, timeoutMs: number): Promise<Rows> {
    if (!this.isUsable)
      return Promise.reject(new ConnectionError('CONNECTION_CLOSED', 'the connection is closed', false));
    this.#timeoutMs = timeoutMs;
    const query = this.#query(text, parameters);
    if (isArrays) query.values();
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        this.#waiting.delete(fail);
        this.lastUsedAtMs = Date.now();
      };
      const wasSent = () => query.state !== null;
      const fail = (error: unknown) => {
        settle();
        reject(isConnectionFailure(error) ? closed(wasSent(), error) : error);
        if (isBroken(error)) this.#fail();
      };
      const giveUp = () => {
        if (!this.#waiting.has(fail)) return;
        settle();
        reject(new ConnectionError('NO_ANSWER', `no answer within ${timeoutMs} ms`, wasSent()));
        this.#fail(query);
      };
      // Timers run before sockets are read: an answer that has arrived while this process stood still gets its turn.
      const timer = setTimeout(() => setImmediate(giveUp), timeoutMs);
      this.#waiting.add(fail);
      query.then((rows) => {
        settle();
        resolve(rows);
      }, fail);
    });
  }

  /** Takes no statement any more, and ends in the background. */
  discard(): void {
    if (!this.isUsable) return;
    this.isUsable = false;
    this.#counters.discards++;
    void this.#end(goodbyeMs);
  }

  /** Ends after what is under way, at most `timeoutMs` later. */
  async close(timeoutMs: number): Promise<void> {
    this.isUsable = false;
    await this.#end(timeoutMs);
  }

  #query(text: string, parameters: unknown[]): Query {
    const comment = sqlComment();
    const isPrepared =
      comment === '' &&
      parameters.length > 0 &&
      parameters.length <= maxPreparedParameters &&
      (this.#preparedTexts.has(text) || this.#preparedTexts.size < maxPreparedTexts);
    if (isPrepared) this.#preparedTexts.add(text);
    return this.#client.unsafe(text + comment, parameters as never[], {
      prepare: isPrepared,
    }) as unknown as Query;
  }

  /** The first socket is the connection; later ones only carry the request to cancel a statement. */
  async #openSocket(address: Address): Promise<Socket> {
    const isFirst = this.#sockets.size === 0;
    if (isFirst ? !this.isUsable : !this.#isCancelling) throw closed(true);
    const socket = await openSocket(address, this.#timeoutMs, (opened) => this.#sockets.add(opened));
    if (isFirst) this.#counters.connects++;
    return socket;
  }

  #fail(unanswered?: Query): void {
    if (!this.isUsable) return;
    this.isUsable = false;
    this.#counters.errors++;
    this.#counters.discards++;
    this.#rejectWaiting();
    void this.#cut(unanswered);
  }

  #rejectWaiting(): void {
    for (const reject of [...this.#waiting]) reject(closed(true));
  }

  /** Closes at once: what was not sent yet must not be sent after who waited for it was told so. */
  async #cut(unanswered?: Query): Promise<void> {
    const isRunning = unanswered?.active === true;
    if (!isRunning) destroy(this.#sockets);
    try {
      this.#isCancelling = isRunning;
      if (isRunning) await Promise.race([unanswered.canceller(unanswered), sleep(goodbyeMs)]);
    } catch {
      // The server cannot be reached, and its own limits end the statement.
    }
    destroy(this.#sockets);
    await this.#end(0);
  }

  async #end(timeoutMs: number): Promise<void> {
    await this.#client.end({ timeout: timeoutMs / 1_000 });
    destroy(this.#sockets);
    this.#rejectWaiting();
  }
}

function destroy(sockets: Iterable<Socket>): void {
  for (const socket of sockets) socket.destroy();
}

function closed(wasSent: boolean, cause?: unknown): ConnectionError {
  return new ConnectionError('CONNECTION_CLOSED', 'the connection was closed', wasSent, { cause });
}

function isConnectionFailure(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && connectionCodes.test(String(error.code));
}

/** Anything but an answer of the server, and the answers after which it is of no use. */
function isBroken(error: unknown): boolean {
  const answer = findServerError(error);
  return answer === undefined || sqlStateRuleOf(answer).isDiscarded;
}
