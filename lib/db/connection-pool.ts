import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, type ConnectionSettings } from './connection.ts';
import { ConnectionError } from './connection-error.ts';

/** What the pool of this process does, and has done since it was made. */
export interface PoolStatistics {
  readonly max: number;
  readonly open: number;
  readonly busy: number;
  readonly idle: number;
  /** Statements and transactions that wait for a connection. */
  readonly waiting: number;
  /** How long the last 1,000 waited for one; 0 as long as there are enough. */
  readonly acquireP99Ms: number;
  readonly connects: number;
  readonly connectionErrors: number;
  /** Connections that were given up: broken, without an answer, or idle for so long that they may be. */
  readonly discards: number;
}

// Between two requests Lambda may freeze a process, and nobody tells it what becomes of its connections meanwhile. It looks at the clock
// often enough to see that it has stood still.
const lookEveryMs = 250;
const frozenMs = 1_000;
// As long as it runs it is told, but for firewalls that forget a connection without a word.
const maxIdleMs = 60_000;
const keptAcquireTimes = 1_000;

/**
 * At most `max` connections, each lent to one statement or transaction at a time, in the order of asking. So postgres.js never
 * queues, and nothing waits behind a statement that hangs.
 */
export class ConnectionPool {
  readonly #settings: ConnectionSettings;
  readonly #max: number;
  readonly #counters = { connects: 0, errors: 0, discards: 0 };
  readonly #lent = new Set<Connection>();
  readonly #waiting = new Set<(connection: Connection) => void>();
  readonly #acquireTimesMs: number[] = [];
  #acquired = 0;
  #idle: Connection[] = [];
  #isClosed = false;
  #lookedAtMs = Date.now();
  #looking: NodeJS.Timeout | undefined;
  #drained: (() => void) | undefined;

  constructor(settings: ConnectionSettings, max: number) {
    this.#settings = settings;
    this.#max = max;
  }

  /** A connection, to be given back by `release`; throws `ConnectionError` when none is free within `timeoutMs`. */
  acquire(timeoutMs: number): Connection | Promise<Connection> {
    if (this.#lent.size < this.#max) {
      this.#note(0);
      return this.#lend();
    }
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      const lend = (connection: Connection) => {
        clearTimeout(timer);
        this.#note(performance.now() - startedAt);
        resolve(connection);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(lend);
        this.#note(performance.now() - startedAt);
        reject(
          new ConnectionError(
            'POOL_EXHAUSTED',
            `no connection of ${this.#max} was free for ${timeoutMs} ms`,
            false,
          ),
        );
      }, timeoutMs);
      this.#waiting.add(lend);
    });
  }

  release(connection: Connection): void {
    this.#lent.delete(connection);
    if (!connection.isUsable) this.#distrustIdle();
    else if (this.#isClosed) connection.discard();
    else this.#idle.push(connection);
    for (const next of this.#waiting) {
      this.#waiting.delete(next);
      next(this.#lend());
      break;
    }
    if (this.#lent.size === 0) this.#drained?.();
  }

  /** Ends all connections after what is under way, at most `timeoutSeconds` later whatever hangs. */
  async close(timeoutSeconds: number): Promise<void> {
    const endsAt = performance.now() + timeoutSeconds * 1_000;
    const remainingMs = () => Math.max(0, endsAt - performance.now());
    this.#isClosed = true;
    clearInterval(this.#looking);
    const idle = this.#idle.splice(0).map((connection) => connection.close(remainingMs()));
    if (this.#lent.size > 0 && timeoutSeconds > 0) {
      const drained = new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
      const timer = new AbortController();
      await Promise.race([drained, sleep(remainingMs(), undefined, timer)]);
      timer.abort();
    }
    await Promise.all([...idle, ...[...this.#lent].map((connection) => connection.close(remainingMs()))]);
  }

  statistics(): PoolStatistics {
    this.#dropUnusable();
    const { connects, errors, discards } = this.#counters;
    const times = this.#acquireTimesMs.toSorted((a, b) => a - b);
    return {
      max: this.#max,
      open: this.#idle.length + this.#lent.size,
      busy: this.#lent.size,
      idle: this.#idle.length,
      waiting: this.#waiting.size,
      acquireP99Ms: times[Math.ceil(times.length * 0.99) - 1] ?? 0,
      connects,
      connectionErrors: errors,
      discards,
    };
  }

  #lend(): Connection {
    this.#looking ??= setInterval(() => this.#dropUnusable(), lookEveryMs).unref();
    this.#dropUnusable();
    const connection = this.#idle.pop() ?? new Connection(this.#settings, this.#counters);
    this.#lent.add(connection);
    return connection;
  }

  /** What broke one connection, as a network that carries nothing any more, may have broken all that have not answered since. */
  #distrustIdle(): void {
    for (const idle of this.#idle) if (Math.abs(Date.now() - idle.lastUsedAtMs) > frozenMs) idle.discard();
  }

  #dropUnusable(): void {
    const now = Date.now();
    // A clock that was set back tells nothing either.
    const wasFrozen = Math.abs(now - this.#lookedAtMs) > frozenMs;
    this.#lookedAtMs = now;
    this.#idle = this.#idle.filter((connection) => {
      if (wasFrozen || Math.abs(now - connection.lastUsedAtMs) > maxIdleMs) connection.discard();
      return connection.isUsable;
    });
  }

  #note(waitedMs: number): void {
    this.#acquireTimesMs[this.#acquired++ % keptAcquireTimes] = waitedMs;
  }
}
