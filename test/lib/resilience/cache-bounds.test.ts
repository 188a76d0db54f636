import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { AppError } from '#lib/errors/app-error.ts';
import { logger } from '#lib/observability/logger.ts';
import { createCache, getCacheStatistics, invalidateTag } from '#lib/resilience/cache.ts';

const at = (ms: number) => new Date(1_000_000 + ms);
const keptMs = 1_000;
let caches = 0;

function makeCache(maxEntries: number) {
  const name = `bounded ${caches++}`;
  const cache = createCache<{ loadedAtMs: number; order: number }>({
    name,
    freshMs: 100,
    staleMs: 200,
    awayMs: keptMs,
    maxEntries,
    tagsOf: (key) => [`key ${key}`],
  });
  return { ...cache, countEntries: () => getCacheStatistics().find((one) => one.name === name)?.entries };
}

const step = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  afterMs: fc.integer({ min: 0, max: 60 }),
  kind: fc.constantFrom('get', 'get', 'get', 'away', 'delete', 'tag'),
});

test('never holds more than its bound, and never gives out what is too old or was forgotten', async () => {
  vi.spyOn(logger, 'warn').mockReturnValue();
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 80 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, maxEntries) => {
        const cache = makeCache(maxEntries);
        const forgottenAt = new Map<string, number>();
        let nowMs = 0;
        const use = async (key: string, order: number, isAway: boolean) => {
          const load = async () => {
            if (isAway) throw new AppError('unavailable', 'gone');
            return { loadedAtMs: nowMs, order };
          };
          const value = await cache.get(key, at(nowMs), load).catch(() => undefined);
          // What is loaded beside has its turn.
          await new Promise(setImmediate);
          expect(value !== undefined || isAway).toBe(true);
          expect(value?.order ?? order).toBeGreaterThan(forgottenAt.get(key) ?? -1);
          expect(nowMs - (value?.loadedAtMs ?? nowMs)).toBeLessThan(keptMs);
        };
        for (const [order, { key, afterMs, kind }] of steps.entries()) {
          nowMs += afterMs;
          if (kind === 'delete') cache.forget(key);
          if (kind === 'tag') invalidateTag(`key ${key}`);
          if (kind === 'delete' || kind === 'tag') forgottenAt.set(key, order);
          else await use(key, order, kind === 'away');
          expect(cache.countEntries()).toBeLessThanOrEqual(maxEntries);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('loads each key once at a time, whoever asks for which when', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 60 }),
      fc.scheduler(),
      async (keys, scheduler) => {
        const cache = makeCache(10);
        const underWay = new Set<string>();
        const load = (key: string) => async () => {
          expect(underWay.has(key)).toBe(false);
          underWay.add(key);
          await scheduler.schedule(Promise.resolve(), `load ${key}`);
          underWay.delete(key);
          return { loadedAtMs: 0, order: key.charCodeAt(0) };
        };
        const callers = keys.map((key, index) =>
          scheduler
            .schedule(Promise.resolve(), `caller ${index}`)
            .then(() => cache.get(key, at(index * 20), load(key))),
        );
        await scheduler.waitFor(Promise.all(callers));
        expect((await Promise.all(callers)).map(({ order }) => order)).toEqual(
          keys.map((key) => key.charCodeAt(0)),
        );
      },
    ),
    { numRuns: 100 },
  );
});

test('a clock that was set back makes no value young again', async () => {
  const cache = makeCache(1);
  const value = { loadedAtMs: 0, order: 0 };
  await cache.get('a', at(3_600_000), async () => ({ ...value, order: 1 }));
  expect(cache.peek('a', at(3_600_000 - 30_000))).toMatchObject({ order: 1 });
  expect(cache.peek('a', at(0))).toBeUndefined();
  expect(await cache.get('a', at(0), async () => ({ ...value, order: 2 }))).toMatchObject({ order: 2 });
  expect(cache.peek('a', at(0))).toMatchObject({ order: 2 });
});
