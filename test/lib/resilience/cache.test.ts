import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AppError } from '#lib/errors/app-error.ts';
import { getInvocation } from '#lib/invocation.ts';
import { logger } from '#lib/observability/logger.ts';
import { createCache, getCacheStatistics, invalidateTag } from '#lib/resilience/cache.ts';
import { hostInvocation } from '#lib/runtime/host-invocation.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';

const at = (ms: number) => new Date(1_000_000 + ms);
const away = () => Promise.reject(new AppError('unavailable', 'gone'));
let caches = 0;

/** A cache of its own, fresh for 100, stale until 200 and kept without its source until 1000 ms. */
function makeCache(maxEntries = 10) {
  const name = `cache ${caches++}`;
  const cache = createCache<number>({
    name,
    freshMs: 100,
    staleMs: 200,
    awayMs: 1_000,
    maxEntries,
    tagsOf: (key) => [`first letter ${key[0]}`],
  });
  const statistics = () => getCacheStatistics().find((candidate) => candidate.name === name);
  return { ...cache, statistics };
}

function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

const loads = (value: number) => vi.fn(async () => value);
const never = async () => {
  throw new Error('loaded although there is a value');
};

let warn: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  warn = vi.spyOn(logger, 'warn');
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('a value', () => {
  test('is loaded once and used until it is no longer fresh', async () => {
    const cache = makeCache();
    expect(await cache.get('a', at(0), loads(1))).toBe(1);
    expect(await cache.get('a', at(89), never)).toBe(1);
    expect(cache.statistics()).toMatchObject({ entries: 1, hits: 1, misses: 1, stale: 0 });
  });

  test('that is stale is used once more while the next one is loaded beside', async () => {
    const cache = makeCache();
    await cache.get('a', at(0), loads(1));
    expect(await cache.get('a', at(100), loads(2))).toBe(1);
    await new Promise(setImmediate);
    expect(await cache.get('a', at(101), never)).toBe(2);
    expect(cache.statistics()).toMatchObject({ hits: 1, misses: 1, stale: 1 });
  });

  test('that is older is waited for', async () => {
    const cache = makeCache();
    await cache.get('a', at(0), loads(1));
    expect(await cache.get('a', at(200), loads(2))).toBe(2);
  });

  test('that is older than the caller accepts is waited for', async () => {
    const cache = makeCache();
    await cache.get('a', at(0), loads(1));
    expect(await cache.get('a', at(50), never, 51)).toBe(1);
    expect(await cache.get('a', at(50), loads(2), 50)).toBe(2);
  });

  test('is not fresh equally long in all instances', async () => {
    const random = vi.spyOn(Math, 'random');
    const refreshesAt = async (share: number) => {
      random.mockReturnValue(share);
      const cache = makeCache();
      await cache.get('a', at(0), loads(1));
      for (let ms = 0; ms < 200; ms++) {
        const load = loads(2);
        await cache.get('a', at(ms), load);
        if (load.mock.calls.length > 0) return ms;
      }
      return undefined;
    };
    expect([await refreshesAt(0), await refreshesAt(0.5), await refreshesAt(0.999)]).toEqual([100, 95, 91]);
  });
});

describe('a load', () => {
  test('is shared by a hundred callers', async () => {
    const cache = makeCache();
    const { promise, resolve } = deferred<number>();
    const load = vi.fn(() => promise);
    const callers = Array.from({ length: 100 }, () => cache.get('a', at(0), load));
    resolve(1);
    expect(new Set(await Promise.all(callers))).toEqual(new Set([1]));
    expect(load).toHaveBeenCalledTimes(1);
  });

  test('that fails is not remembered', async () => {
    const cache = makeCache();
    await expect(cache.get('a', at(0), away)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await cache.get('a', at(0), loads(1))).toBe(1);
    expect(cache.statistics()).toMatchObject({ failures: 1, misses: 2 });
  });

  test('that hangs ends as unavailable, and the next caller loads anew', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const cache = makeCache();
    const caller = expect(cache.get('a', at(0), () => new Promise(() => {}))).rejects.toMatchObject({
      code: 'unavailable',
    });
    await vi.advanceTimersByTimeAsync(800);
    await caller;
    expect(await cache.get('a', at(0), loads(1))).toBe(1);
  });

  test('that hangs takes no longer than the invocation has', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const cache = makeCache();
    const caller = expect(
      hostInvocation(50, false, () => cache.get('a', at(0), () => new Promise(() => {}))),
    ).rejects.toMatchObject({ code: 'unavailable' });
    await vi.advanceTimersByTimeAsync(50);
    await caller;
  });
});

describe('while its source is away', () => {
  test('a value is kept until its last day, and asked for again every ten seconds', async () => {
    const cache = createCache<number>({
      name: `cache ${caches++}`,
      freshMs: 100,
      awayMs: 25_000,
      maxEntries: 1,
    });
    await cache.get('a', at(0), loads(1));
    const asked: number[] = [];
    for (let ms = 1_000; ms < 25_000; ms += 1_000)
      expect(
        await cache.get('a', at(ms), () => {
          asked.push(ms);
          return away();
        }),
      ).toBe(1);
    expect(asked).toEqual([1_000, 11_000, 21_000]);
    await expect(cache.get('a', at(25_000), away)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await cache.get('a', at(25_001), loads(2))).toBe(2);
    expect(warn).toHaveBeenCalledTimes(3);
  });

  test('a hundred callers of one failed load warn once', async () => {
    const cache = makeCache();
    await cache.get('a', at(0), loads(1));
    const values = await Promise.all(Array.from({ length: 100 }, () => cache.get('a', at(500), away)));
    expect(new Set(values)).toEqual(new Set([1]));
    expect(warn).toHaveBeenCalledTimes(1);
    expect(cache.statistics()).toMatchObject({ failures: 1 });
  });

  test('nobody is given an older value than was asked for', async () => {
    const cache = makeCache();
    await cache.get('a', at(0), loads(1));
    await expect(cache.get('a', at(50), away, 10)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('a fault of ours is not taken for an outage', async () => {
    const cache = makeCache();
    await cache.get('a', at(0), loads(1));
    const fault = async () => {
      throw new TypeError('a fault');
    };
    await expect(cache.get('a', at(500), fault)).rejects.toThrow('a fault');
    expect(await cache.get('a', at(150), fault)).toBe(1);
    await new Promise(setImmediate);
    expect(takeErrorLogs()).toHaveLength(1);
  });
});

describe('what was forgotten', () => {
  test('by key or tag is loaded again, and nothing else', async () => {
    const cache = makeCache();
    for (const [index, key] of ['ab', 'ac', 'b'].entries()) await cache.get(key, at(0), loads(index));
    cache.forget('ab');
    expect(await cache.get('ac', at(1), never)).toBe(1);
    invalidateTag('first letter a');
    expect(await cache.get('b', at(1), never)).toBe(2);
    expect([await cache.get('ab', at(1), loads(8)), await cache.get('ac', at(1), loads(9))]).toEqual([8, 9]);
  });

  test('does not come back with a load that began before', async () => {
    const cache = makeCache();
    const { promise, resolve } = deferred<number>();
    const early = cache.get('a', at(0), () => promise);
    invalidateTag('first letter a');
    const late = cache.get('a', at(0), loads(2));
    resolve(1);
    expect([await early, await late]).toEqual([1, 2]);
    expect(await cache.get('a', at(1), never)).toBe(2);
  });

  test('by a tag does not stay as it was before the transaction of an invocation committed', async () => {
    const cache = makeCache();
    await hostInvocation(1_000, false, async () => {
      invalidateTag('first letter a');
      await cache.get('a', at(0), loads(1));
    });
    expect(await cache.get('a', at(0), loads(2))).toBe(2);
  });

  test('does not come back because its source is away', async () => {
    const cache = makeCache();
    await cache.get('a', at(0), loads(1));
    const { promise, reject } = deferred<number>();
    const caller = cache.get('a', at(500), () => promise);
    cache.forget('a');
    reject(new AppError('unavailable', 'gone'));
    await expect(caller).rejects.toMatchObject({ code: 'unavailable' });
  });
});

test('a refresh has ended before the answer leaves, and runs beside the work of the request', async () => {
  const cache = makeCache();
  await cache.get('a', at(0), loads(1));
  const { promise, resolve } = deferred<number>();
  let isAnswered = false;
  const answer = hostInvocation(1_000, false, async () => {
    const value = await cache.get('a', at(150), () => promise);
    expect(getInvocation()?.beside).toHaveLength(1);
    return value;
  }).then((value) => {
    isAnswered = true;
    return value;
  });
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
  expect(isAnswered).toBe(false);
  resolve(2);
  expect(await answer).toBe(1);
  expect(cache.peek('a', at(150))).toBe(2);
});

test('a refresh that hangs delays the answer by 200 ms at most, and not the next ones', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const cache = makeCache();
  await cache.get('a', at(0), loads(1));
  const answer = hostInvocation(1_000, false, () => cache.get('a', at(150), () => new Promise(() => {})));
  await vi.advanceTimersByTimeAsync(200);
  expect(await answer).toBe(1);
  expect(await hostInvocation(1_000, false, () => cache.get('a', at(999), never))).toBe(1);
});

test('a value is there to peek at for as long as nobody would wait for it', async () => {
  const cache = makeCache();
  expect(cache.peek('a', at(0))).toBeUndefined();
  await cache.get('a', at(0), loads(1));
  expect([cache.peek('a', at(199)), cache.peek('a', at(200))]).toEqual([1, undefined]);
});

test('keeps what was used last', async () => {
  const cache = makeCache(2);
  await cache.get('a', at(0), loads(1));
  await cache.get('b', at(1), loads(2));
  await cache.get('a', at(2), never);
  await cache.get('c', at(3), loads(3));
  expect([cache.peek('a', at(4)), cache.peek('b', at(4)), cache.peek('c', at(4))]).toEqual([1, undefined, 3]);
  expect(cache.statistics()).toMatchObject({ entries: 2, evictions: 1 });
});
