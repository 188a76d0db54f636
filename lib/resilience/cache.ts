import { toAppError } from '#lib/errors/to-app-error.ts';
import { toError } from '#lib/errors/to-error.ts';
import { runAtEnd, runBeside, withinDeadline } from '#lib/invocation.ts';
import { logger } from '#lib/observability/logger.ts';
import { withTimeLimit } from './time-limit.ts';

/** Each period counts from the load of a value. ADR 0019. */
interface CacheOptions {
  readonly name: string;
  /** For so long the value is used as it is; up to a tenth less, so that instances do not refresh in step. */
  readonly freshMs: number;
  /** For so long it is used while a new one is loaded beside the request. */
  readonly staleMs?: number;
  /** For so long it is used when a new one was asked for and what it comes from is away. */
  readonly awayMs?: number;
  /** The value that was not used for longest makes room. */
  readonly maxEntries: number;
  /** What `invalidateTag` can name the entry by, beside its key. */
  readonly tagsOf?: (key: string) => readonly string[];
}

type Load<T> = () => Promise<T>;

export interface Cache<T> {
  /**
   * The value of `key`, loaded at most once at a time. Rejects as the load does, or with `unavailable` when it takes too long; that is
   * not remembered. A value older than `maxAgeMs` is loaded again first.
   */
  get(key: string, now: Date, load: Load<T>, maxAgeMs?: number): Promise<T>;
  /** The value if `get` would have it without waiting. */
  peek(key: string, now: Date): T | undefined;
  /** Forgets the value, and that of a load under way: it may have begun before what made it wrong. */
  forget(key: string): void;
}

interface Entry<T> {
  readonly value: T;
  readonly loadedAtMs: number;
  freshUntilMs: number;
  staleUntilMs: number;
  readonly awayUntilMs: number;
}

export interface CacheStatistics {
  readonly name: string;
  entries: number;
  hits: number;
  stale: number;
  misses: number;
  failures: number;
  evictions: number;
}

// A request answers in a second whatever hangs: one that has a value to fall back on gives up early, to wait once more for what
// it came for.
const firstLoadMs = 800;
const reloadMs = 200;
// What is away is asked again after that; each time costs a request up to `reloadMs`.
const retryMs = 10_000;
const jitter = 0.1;
// Requests side by side differ by less. With a clock that was set back by more, nobody knows how old a value is.
const clockErrorMs = 60_000;

const caches: {
  readonly statistics: () => CacheStatistics;
  readonly invalidateTag: (tag: string) => void;
}[] = [];

/** What each cache of this instance holds and has done since the instance began. */
export function getCacheStatistics(): CacheStatistics[] {
  return caches.map(({ statistics }) => statistics());
}

/**
 * Forgets all values with this tag when the invocation under way ends, so behind its transactions, or at once outside of one. In this
 * instance: the others learn of a change when their values are no longer fresh.
 */
export function invalidateTag(tag: string): void {
  runAtEnd(() => {
    for (const cache of caches) cache.invalidateTag(tag);
  });
}

/** A cache in the memory of this instance. It has no timer of its own: time is what its callers say. */
export function createCache<T>(options: CacheOptions): Cache<T> {
  const { name, freshMs, staleMs = 0, awayMs = 0, maxEntries, tagsOf = () => [] } = options;
  const entries = new Map<string, Entry<T>>();
  const loads = new Map<string, Promise<T>>();
  const statistics = { name, entries: 0, hits: 0, stale: 0, misses: 0, failures: 0, evictions: 0 };

  const store = (key: string, value: T, nowMs: number) => {
    entries.delete(key);
    const freshUntilMs = nowMs + freshMs * (1 - Math.random() * jitter);
    const staleUntilMs = Math.max(freshUntilMs, nowMs + staleMs);
    const awayUntilMs = Math.max(staleUntilMs, nowMs + awayMs);
    entries.set(key, { value, loadedAtMs: nowMs, freshUntilMs, staleUntilMs, awayUntilMs });
    if (entries.size <= maxEntries) return;
    entries.delete(entries.keys().next().value as string);
    statistics.evictions++;
  };

  const loadOnce = (key: string, nowMs: number, load: Load<T>, limitMs: number) => {
    const underWay = loads.get(key);
    if (underWay) return underWay;
    const loading = withTimeLimit(load, withinDeadline(limitMs), `loading ${name}`)
      .then((value) => {
        if (loads.get(key) === loading) store(key, value, nowMs);
        return value;
      })
      .catch((error) => {
        statistics.failures++;
        throw error;
      })
      .finally(() => {
        if (loads.get(key) === loading) loads.delete(key);
      });
    loads.set(key, loading);
    return loading;
  };

  /** Keeps to the value that is there, for as long as its source is away; any other failure is a fault of ours. */
  const postpone = (entry: Entry<T>, nowMs: number, error: unknown) => {
    if (toAppError(error).code !== 'unavailable') throw error;
    // Another caller of the same load has done it.
    if (nowMs < entry.freshUntilMs) return;
    entry.freshUntilMs = Math.min(nowMs + retryMs, entry.awayUntilMs);
    entry.staleUntilMs = Math.max(entry.staleUntilMs, entry.freshUntilMs);
    logger.warn('cannot refresh a cache: what it has is used', {
      cache: name,
      ageMs: nowMs - entry.loadedAtMs,
      reason: `${toError(error)}`,
    });
  };

  const refreshBeside = (key: string, entry: Entry<T>, nowMs: number, load: Load<T>) => {
    if (loads.has(key)) return;
    const refreshing = loadOnce(key, nowMs, load, reloadMs).then(
      () => {},
      (error) => postpone(entry, nowMs, error),
    );
    runBeside(
      refreshing.catch((error) =>
        logger.error('cannot refresh a cache', { cache: name, error: error as Error }),
      ),
    );
  };

  const forget = (key: string) => {
    entries.delete(key);
    loads.delete(key);
  };

  const use = (key: string, entry: Entry<T>, nowMs: number, load: Load<T>) => {
    if (entries.size > 1) {
      entries.delete(key);
      entries.set(key, entry);
    }
    if (nowMs < entry.freshUntilMs) statistics.hits++;
    else {
      statistics.stale++;
      refreshBeside(key, entry, nowMs, load);
    }
    return entry.value;
  };

  const reload = async (key: string, fallback: Entry<T>, nowMs: number, load: Load<T>) => {
    try {
      return await loadOnce(key, nowMs, load, reloadMs);
    } catch (error) {
      // It was forgotten meanwhile.
      if (entries.get(key) !== fallback) throw error;
      postpone(fallback, nowMs, error);
      return fallback.value;
    }
  };

  caches.push({
    statistics: () => ({ ...statistics, entries: entries.size }),
    invalidateTag: (tag) => {
      for (const key of new Set([...entries.keys(), ...loads.keys()]))
        if (tagsOf(key).includes(tag)) forget(key);
    },
  });
  return {
    async get(key, now, load, maxAgeMs = Number.POSITIVE_INFINITY) {
      const nowMs = now.getTime();
      const entry = entries.get(key);
      const isYoung = entry !== undefined && isDated(entry, nowMs) && nowMs - entry.loadedAtMs < maxAgeMs;
      if (isYoung && nowMs < entry.staleUntilMs) return use(key, entry, nowMs, load);
      statistics.misses++;
      return isYoung && nowMs < entry.awayUntilMs
        ? reload(key, entry, nowMs, load)
        : loadOnce(key, nowMs, load, firstLoadMs);
    },
    peek(key, now) {
      const entry = entries.get(key);
      const nowMs = now.getTime();
      return entry && isDated(entry, nowMs) && nowMs < entry.staleUntilMs ? entry.value : undefined;
    },
    forget,
  };
}

function isDated({ loadedAtMs }: Entry<unknown>, nowMs: number): boolean {
  return loadedAtMs <= nowMs + clockErrorMs;
}
