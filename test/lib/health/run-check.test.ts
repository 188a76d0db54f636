import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Check, worstOf } from '#lib/health/check.ts';
import { forgetObservations, observeAfresh, observeChecks } from '#lib/health/observe-checks.ts';
import { runCheck } from '#lib/health/run-check.ts';
import { logger } from '#lib/observability/logger.ts';

const now = new Date('2026-11-21T09:00:00Z');

function check(observe: () => unknown, isCritical = true): Check {
  return { name: 'test:thing', isCritical, observe: observe as Check['observe'] };
}

const never = () => new Promise(() => {});
const passes = async () => ({ status: 'pass', value: 1.23, unit: 'ms' });

beforeEach(() => {
  vi.spyOn(logger, 'warn').mockReturnValue();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  forgetObservations();
});

describe('one look', () => {
  test('that passes tells the value and says no more', async () => {
    const observe = async () => ({ status: 'pass', value: 1.234, unit: 'ms', output: 'fine' });
    expect(await runCheck(check(observe), now)).toEqual({
      name: 'test:thing',
      isCritical: true,
      status: 'pass',
      observedValue: 1.2,
      observedUnit: 'ms',
      time: '2026-11-21T09:00:00.000Z',
    });
  });

  const explodes = {
    get status(): string {
      throw new Error('getter');
    },
  };
  const refused = Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:5432'), { code: 'ECONNREFUSED' });
  const nonsense: [string, () => unknown, string][] = [
    ['throws at once', () => fail(new Error('db.internal')), 'does not answer'],
    ['throws a string', () => Promise.reject('db.internal'), 'does not answer'],
    ['throws null', () => Promise.reject(null), 'does not answer'],
    ['throws undefined', () => Promise.reject(undefined), 'does not answer'],
    ['answers an unknown status', async () => ({ status: 'UP' }), 'answers with an unknown status'],
    ['answers no status', async () => ({}), 'answers with an unknown status'],
    ['answers nothing', async () => undefined, 'does not answer'],
    ['answers null', async () => null, 'does not answer'],
    ['answers text', async () => 'pass', 'answers with an unknown status'],
    ['answers with a getter that throws', async () => explodes, 'does not answer'],
    ['fails without a reason', async () => ({ status: 'fail' }), 'fails'],
    ['gives a reason that is no text', async () => ({ status: 'fail', output: { a: 1 } }), 'fails'],
  ];
  function fail(thrown: unknown): never {
    throw thrown;
  }

  test.each(nonsense)(
    'that %s has failed, and tells nothing of what was thrown',
    async (_, observe, output) => {
      const result = await runCheck(check(observe), now);
      expect(result).toEqual(expect.objectContaining({ status: 'fail', output }));
      expect(JSON.stringify(result)).not.toContain('db.internal');
      expect((await runCheck(check(observe, false), now)).status).toBe('warn');
    },
  );

  test('that fails with an error tells its code, however deep, and logs the rest', async () => {
    const observe = () => Promise.reject(new Error('query failed', { cause: refused }));
    const result = await runCheck(check(observe), now);
    expect(result.reason).toBe('ECONNREFUSED');
    expect(JSON.stringify(result)).not.toContain('10.1.2.3');
    expect(logger.warn).toHaveBeenCalledOnce();
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 'x'])('of the value %s keeps no value', async (value) => {
    const result = await runCheck(
      check(async () => ({ status: 'pass', value })),
      now,
    );
    expect(result).not.toHaveProperty('observedValue');
  });

  test('that resolves twice or late counts by what it said first and in time', async () => {
    const twice = () =>
      new Promise((resolve) => {
        resolve({ status: 'pass' });
        resolve({ status: 'fail' });
      });
    expect((await runCheck(check(twice), now)).status).toBe('pass');
    vi.useFakeTimers();
    const late = runCheck(
      check(async () => {
        await sleep(801);
        return { status: 'pass' };
      }),
      now,
    );
    await vi.advanceTimersByTimeAsync(800);
    expect(await late).toMatchObject({ status: 'fail', output: 'no answer within 800 ms' });
  });

  test('leaves no timer behind, whatever the probe leaves', async () => {
    vi.useFakeTimers();
    await runCheck(check(passes), now);
    expect(vi.getTimerCount()).toBe(0);
    const leaks = async () => {
      setInterval(() => {}, 1_000);
      return { status: 'pass' };
    };
    expect((await runCheck(check(leaks), now)).status).toBe('pass');
    expect(vi.getTimerCount()).toBe(1);
  });
});

describe('many looks', () => {
  test('ten probes that never answer, and all that is odd besides, end within a second', async () => {
    const odd = [
      () => Promise.reject('text'),
      () => Promise.reject(null),
      async () => ({ status: '?' }),
      passes,
    ];
    const checks = [...Array.from({ length: 10 }, () => never), ...odd].map((observe) => check(observe));
    const before = performance.now();
    const results = await observeChecks(checks, now);
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(results.map(({ status }) => status)).toEqual([...Array(13).fill('fail'), 'pass']);
  });

  test('1,000 at once are one look at each, and so are those of the next five seconds', async () => {
    vi.useFakeTimers({ now });
    const observe = [vi.fn(passes), vi.fn(passes)];
    const checks = observe.map((each) => check(each));
    await Promise.all(Array.from({ length: 1_000 }, () => observeChecks(checks, new Date())));
    vi.advanceTimersByTime(4_999);
    await observeChecks(checks, new Date());
    expect(observe.map((each) => each.mock.calls.length)).toEqual([1, 1]);
    vi.advanceTimersByTime(1);
    await observeChecks(checks, new Date());
    expect(observe.map((each) => each.mock.calls.length)).toEqual([2, 2]);
    await observeAfresh(checks, new Date());
    expect(observe.map((each) => each.mock.calls.length)).toEqual([3, 3]);
  });

  test.each([
    ['a freeze in which the monotonic clock stood still', 3_600_000],
    ['a clock that jumped back', -3_600_000],
  ])('after %s are no looks of before', async (_, jumpMs) => {
    const observe = vi.fn(passes);
    const checks = [check(observe)];
    await observeChecks(checks, now);
    await observeChecks(checks, new Date(now.getTime() + jumpMs));
    expect(observe).toHaveBeenCalledTimes(2);
  });

  test('after a clock that was set back by as much as has passed are no looks of before', async () => {
    vi.useFakeTimers({ now });
    const observe = vi.fn(passes);
    const checks = [check(observe)];
    await observeChecks(checks, now);
    vi.advanceTimersByTime(5_000);
    await observeChecks(checks, now);
    expect(observe).toHaveBeenCalledTimes(2);
  });

  test('do not pile up on a probe that hangs: it is started again after ten seconds', async () => {
    vi.useFakeTimers({ now });
    const observe = vi.fn(never);
    const checks = [check(observe)];
    const look = async () => {
      const results = observeAfresh(checks, new Date());
      await vi.advanceTimersByTimeAsync(800);
      return results;
    };
    for (let count = 0; count < 12; count++) expect(await look()).toMatchObject([{ status: 'fail' }]);
    expect(observe).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(400);
    observe.mockImplementation(passes as never);
    expect(await look()).toMatchObject([{ status: 'pass' }]);
    expect(observe).toHaveBeenCalledTimes(2);
  });

  test('see the recovery in the answer to the probe that hung', async () => {
    vi.useFakeTimers({ now });
    const { promise, resolve } = Promise.withResolvers();
    const checks = [check(() => promise)];
    const hanging = observeAfresh(checks, new Date());
    await vi.advanceTimersByTimeAsync(800);
    expect(await hanging).toMatchObject([{ status: 'fail' }]);
    resolve({ status: 'pass' });
    expect(await observeAfresh(checks, new Date())).toMatchObject([{ status: 'pass' }]);
  });

  test('leave out what does not apply here', async () => {
    expect(await observeChecks([{ ...check(never), appliesHere: () => false }], now)).toEqual([]);
  });
});

test('the worst status is that of all, and of nothing it is pass', () => {
  const all = (...statuses: ('pass' | 'warn' | 'fail')[]) => worstOf(statuses.map((status) => ({ status })));
  expect([all(), all('pass'), all('warn', 'pass'), all('pass', 'fail', 'warn')]).toEqual([
    'pass',
    'pass',
    'warn',
    'fail',
  ]);
  expect(all('pass', 'well' as never)).toBe('fail');
});
