import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRetryAfter, RetryBudget, retryDelayMs } from '#lib/outbound/retry.ts';

test('retries are at most a tenth of the calls before them, and ten are saved up at most', () => {
  const budget = new RetryBudget();
  let retries = 0;
  for (let calls = 1; calls <= 1_000; calls++) {
    budget.earn();
    while (budget.spend()) retries++;
    expect(retries).toBeLessThanOrEqual(calls / 10);
  }
  expect(retries).toBe(100);
  for (let calls = 0; calls < 1_000; calls++) budget.earn();
  let saved = 0;
  while (budget.spend()) saved++;
  expect(saved).toBe(10);
});

test('a delay is anything up to its bound, which doubles up to two seconds, and never less than asked for', () => {
  fc.assert(
    fc.property(
      fc.nat(20),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(10_000),
      (retry, random, asked) => {
        const delayMs = retryDelayMs(retry, asked, random);
        expect(delayMs).toBeGreaterThanOrEqual(asked);
        expect(delayMs).toBeLessThanOrEqual(Math.max(asked, Math.min(2_000, 100 * 2 ** retry)));
      },
    ),
  );
  expect(retryDelayMs(1, 0, 0.5)).toBe(100);
});

test('Retry-After is seconds or a date; anything else says nothing', () => {
  const nowMs = Date.parse('2026-11-21T09:00:00Z');
  expect(parseRetryAfter('7', nowMs)).toBe(7_000);
  expect(parseRetryAfter('Sat, 21 Nov 2026 09:00:30 GMT', nowMs)).toBe(30_000);
  for (const odd of [undefined, '', '-5', 'soon', 'Fri, 20 Nov 2026 09:00:30 GMT'])
    expect(parseRetryAfter(odd, nowMs), odd).toBe(0);
});
