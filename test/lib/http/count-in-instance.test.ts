import { expect, test } from 'vitest';
import { countInInstance, rememberUsage } from '#lib/http/count-in-instance.ts';
import { type Counter, rateLimits } from '#lib/http/rate-limits.ts';

const { read, login, account } = rateLimits;

const count = (counters: readonly Counter[], nowMs = 0) => countInInstance(counters, nowMs);
const leftOf = (counter: Counter, nowMs = 0) => count([counter], nowMs)[0]?.windows.map(({ left }) => left);
const countMany = (counter: Counter, times: number, nowMs = 0) => {
  for (let counted = 0; counted < times; counted++) count([counter], nowMs);
};

/** What Redis says, with 10 s of the one window to go and 20 s of the other. */
const hear = (counter: Counter, burstLeft: number, sustainedLeft: number) =>
  rememberUsage(
    {
      counter,
      windows: [
        { left: burstLeft, resetMs: 10_000 },
        { left: sustainedLeft, resetMs: 20_000 },
      ],
    },
    0,
  );

test('the instance counts two windows, and begins each anew when it has ended', () => {
  const counter = { policy: 'read', principal: 'windows' } as const;
  expect(count([counter])).toEqual([
    {
      counter,
      windows: [
        { left: read.burst.limit - 1, resetMs: 60_000 },
        { left: read.sustained.limit - 1, resetMs: 3_600_000 },
      ],
    },
  ]);
  expect(leftOf(counter, 59_999)).toEqual([read.burst.limit - 2, read.sustained.limit - 2]);
  expect(leftOf(counter, 60_000)).toEqual([read.burst.limit - 1, read.sustained.limit - 3]);
  expect(leftOf(counter, 3_600_000)).toEqual([read.burst.limit - 1, read.sustained.limit - 1]);
});

test('a refused request is counted in no window and for no other counter', () => {
  const full = { policy: 'read', principal: 'full' } as const;
  const beside = { policy: 'address', principal: 'beside' } as const;
  countMany(full, read.burst.limit);
  for (let refused = 0; refused < 3; refused++)
    expect(count([beside, full]).map(({ windows }) => windows.map(({ left }) => left))).toEqual([
      [rateLimits.address.burst.limit, rateLimits.address.sustained.limit],
      [-1, read.sustained.limit - read.burst.limit],
    ]);
});

test('counting goes on from what Redis last said, until that window ends', () => {
  const counter = { policy: 'read', principal: 'seeded' } as const;
  hear(counter, 2, 500);
  expect([leftOf(counter), leftOf(counter), leftOf(counter)]).toEqual([
    [1, 499],
    [0, 498],
    [-1, 498],
  ]);
  // What was counted here meanwhile Redis never hears of.
  hear(counter, 2, 500);
  expect(leftOf(counter)).toEqual([-1, 498]);
  expect(leftOf(counter, 10_000)).toEqual([read.burst.limit - 1, 497]);
});

test('a window that Redis said is exceeded stays so', () => {
  const counter = { policy: 'read', principal: 'exceeded' } as const;
  hear(counter, -1, 7);
  expect(leftOf(counter)).toEqual([-1, 7]);
});

test('a strict policy ends at a fifth of its limit, or where the fleet has used it up', () => {
  const fresh = { policy: 'login', principal: 'fresh' } as const;
  countMany(fresh, login.burst.limit / 5);
  expect(leftOf(fresh)?.[0]).toBe(-1);
  const nearlyFull = { policy: 'login', principal: 'nearly full' } as const;
  hear(nearlyFull, 1, 99);
  expect([leftOf(nearlyFull)?.[0], leftOf(nearlyFull)?.[0]]).toEqual([0, -1]);
});

test('a limit of less than five still lets one pass', () => {
  const counter = { policy: 'mail', principal: 'few' } as const;
  expect([leftOf(counter)?.[0], leftOf(counter)?.[0]]).toEqual([0, -1]);
});

test('a limit for strangers that is used up does not keep the others from counting', () => {
  const strangers = { policy: 'account', principal: 'attacked' } as const;
  countMany(strangers, account.burst.limit);
  const address = { policy: 'login', principal: 'address' } as const;
  const lefts = () => count([address, strangers]).map(({ windows }) => windows[0]?.left);
  expect(lefts()).toEqual([login.burst.limit / 5 - 1, -1]);
  expect(lefts()).toEqual([login.burst.limit / 5 - 2, -1]);
});

test('many callers cannot fill the memory: those who came first are forgotten', () => {
  const callerOf = (number: number) => ({ policy: 'instance', principal: `flood:${number}` }) as const;
  const limit = rateLimits.instance.burst.limit;
  leftOf(callerOf(0));
  for (let number = 1; number < 10_000; number++) leftOf(callerOf(number));
  expect(leftOf(callerOf(0))?.[0]).toBe(limit - 2);
  for (let number = 10_000; number < 20_000; number++) leftOf(callerOf(number));
  expect(leftOf(callerOf(0))?.[0]).toBe(limit - 1);
});
