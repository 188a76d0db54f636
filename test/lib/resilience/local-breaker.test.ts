import { expect, test } from 'vitest';
import { firstBackOffMs, longestBackOffMs, windowMs } from '#lib/resilience/circuit-breaker-limits.ts';
import { LocalBreaker } from '#lib/resilience/local-breaker.ts';

const create = () => new LocalBreaker({ minimumCalls: 4, probeMs: 1_000 });
const failing = (breaker: LocalBreaker, times: number, nowMs = 0, random = 1) => {
  for (let count = 0; count < times; count++) breaker.record(true, nowMs, random, 0);
};

test('stays closed below the least number of calls, and opens at it for the first back-off', () => {
  const breaker = create();
  failing(breaker, 3);
  expect(breaker.enter(0)).toBe(0);
  failing(breaker, 1);
  expect(breaker.enter(0)).toBe(firstBackOffMs);
});

test('opens at half of the calls, not before', () => {
  const breaker = create();
  for (let count = 0; count < 5; count++) breaker.record(false, 0, 1, 0);
  failing(breaker, 4);
  expect(breaker.enter(0)).toBe(0);
  failing(breaker, 1);
  expect(breaker.enter(0)).toBeGreaterThan(0);
});

test('forgets what is older than its window', () => {
  const breaker = create();
  failing(breaker, 3, 0);
  failing(breaker, 3, windowMs);
  expect(breaker.enter(windowMs)).toBe(0);
  expect(breaker.takeUnreported()).toBe(3);
});

test('lets one probe through after the back-off, and another one only when that is given up', () => {
  const breaker = create();
  failing(breaker, 4);
  expect(breaker.enter(firstBackOffMs - 1)).toBe(1);
  expect(breaker.enter(firstBackOffMs)).toBe(0);
  expect(breaker.enter(firstBackOffMs)).toBe(1_000);
  expect(breaker.enter(firstBackOffMs + 1_000)).toBe(0);
  breaker.release();
  expect(breaker.enter(firstBackOffMs + 1_000)).toBe(0);
});

test('a probe that succeeds closes it; each that fails doubles the back-off, up to the longest', () => {
  const breaker = create();
  failing(breaker, 4);
  let nowMs = 0;
  for (let spanMs = firstBackOffMs; nowMs < 1_000_000; spanMs = Math.min(longestBackOffMs, spanMs * 2)) {
    expect(breaker.enter(nowMs)).toBe(spanMs);
    nowMs += spanMs;
    expect(breaker.enter(nowMs)).toBe(0);
    failing(breaker, 1, nowMs);
  }
  nowMs += breaker.enter(nowMs);
  expect(breaker.enter(nowMs)).toBe(0);
  breaker.record(false, nowMs, 1, 0);
  expect([breaker.enter(nowMs), breaker.enter(nowMs)]).toEqual([0, 0]);
  failing(breaker, 2, nowMs);
  expect(breaker.enter(nowMs)).toBe(0);
});

test('jitters the back-off by half, and waits as long as the service asks for', () => {
  const early = create();
  failing(early, 4, 0, 0);
  expect(early.enter(0)).toBe(firstBackOffMs / 2);
  const asked = create();
  for (let count = 0; count < 4; count++) asked.record(true, 0, 0, 60_000);
  expect(asked.enter(0)).toBe(60_000);
});

test('an answer that was under way when it opened decides nothing', () => {
  const breaker = create();
  failing(breaker, 4);
  breaker.record(false, 10, 1, 0);
  breaker.record(true, 10, 1, 0);
  expect(breaker.enter(10)).toBe(firstBackOffMs - 10);
});
