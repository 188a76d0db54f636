import { afterEach, expect, test, vi } from 'vitest';
import type { JobOperation } from '#lib/generate/load-operations.ts';
import type { JobSpec } from '#lib/jobs/job-spec.ts';
import { startJobTicker } from '#lib/local/job-ticker.ts';

afterEach(() => vi.useRealTimers());

function jobThat(run: (time: string) => Promise<unknown>, when: Partial<JobSpec> = {}): JobOperation {
  const spec = {
    id: 'tickTest',
    summary: '',
    schedule: 'rate(5 minutes)',
    timeoutSeconds: 60,
    ...when,
  } as const;
  const handler = Object.assign(({ time }: { time: string }) => run(time), { spec });
  return { spec, area: 'jobs', module: 'functions/jobs/tick-test', handler: handler as never };
}

/** The slots that a job gets, in the order of its runs. */
function recordSlots(when: Partial<JobSpec>) {
  const slots: string[] = [];
  const ticker = startJobTicker([jobThat(async (time) => slots.push(time), when)], () => {});
  return { slots, ticker };
}

test('runs the current slot at once and then every slot, with its time', async () => {
  vi.useFakeTimers({ now: new Date('2026-11-21T09:03:20Z') });
  const outcomes: string[] = [];
  const ticker = startJobTicker([jobThat(async (time) => ({ time }))], (outcome) => outcomes.push(outcome));
  await vi.advanceTimersByTimeAsync(6 * 60_000 + 40_000);
  await ticker.stop();
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  expect(outcomes).toEqual(
    ['09:00', '09:05', '09:10'].map(
      (time) => `job tickTest 2026-11-21T${time}:00.000Z: {"time":"2026-11-21T${time}:00Z"}`,
    ),
  );
});

test('a calendar waits for its time, and is read in its zone on both sides of the change of clocks', async () => {
  vi.useFakeTimers({ now: new Date('2026-10-24T07:30:00Z') });
  const { slots, ticker } = recordSlots({ schedule: 'cron(0 9 * * ? *)', timezone: 'Europe/Berlin' });
  expect(slots).toEqual([]);
  await vi.advanceTimersByTimeAsync(49 * 3_600_000);
  await ticker.stop();
  expect(slots).toEqual(['2026-10-25T08:00:00Z', '2026-10-26T08:00:00Z']);
});

test('a time that exists twice runs as often as the policy of the job says', async () => {
  vi.useFakeTimers({ now: new Date('2026-10-24T12:00:00Z') });
  const when = { schedule: 'cron(30 2 * * ? *)', timezone: 'Europe/Berlin' } as const;
  const once = recordSlots(when);
  const twice = recordSlots({ ...when, dst: { gap: 'skip', overlap: 'twice' } });
  await vi.advanceTimersByTimeAsync(24 * 3_600_000);
  await Promise.all([once.ticker.stop(), twice.ticker.stop()]);
  expect(once.slots).toEqual(['2026-10-25T00:30:00Z']);
  expect(twice.slots).toEqual(['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z']);
});

test('after a night asleep only the latest slot runs, within half a minute, and the next one in time', async () => {
  vi.useFakeTimers({ now: new Date('2026-11-21T22:00:10Z') });
  const { slots, ticker } = recordSlots({ schedule: 'rate(1 hour)' });
  // The clock moves and the timers do not, as in a laptop that sleeps.
  vi.setSystemTime(new Date('2026-11-22T06:20:00Z'));
  await vi.advanceTimersByTimeAsync(30_000);
  expect(slots).toEqual(['2026-11-21T22:00:00Z', '2026-11-22T06:00:00Z']);
  await vi.advanceTimersByTimeAsync(39 * 60_000 + 30_000);
  await ticker.stop();
  expect(slots.at(-1)).toBe('2026-11-22T07:00:00Z');
  expect(slots).toHaveLength(3);
});

test('a clock that is set back repeats no slot', async () => {
  vi.useFakeTimers({ now: new Date('2026-11-21T10:00:10Z') });
  const { slots, ticker } = recordSlots({ schedule: 'rate(5 minutes)' });
  vi.setSystemTime(new Date('2026-11-21T09:51:00Z'));
  await vi.advanceTimersByTimeAsync(15 * 60_000);
  await ticker.stop();
  expect(slots).toEqual(['2026-11-21T10:00:00Z', '2026-11-21T10:05:00Z']);
});

test('a day of a job that runs every minute has 1,440 slots, each on its minute', async () => {
  vi.useFakeTimers({ now: new Date('2026-11-21T00:00:30Z') });
  const late: number[] = [];
  const job = jobThat(async (time) => late.push(Date.now() - Date.parse(time)), {
    schedule: 'cron(* * * * ? *)',
  });
  const ticker = startJobTicker([job], () => {});
  await vi.advanceTimersByTimeAsync(24 * 3_600_000);
  await ticker.stop();
  expect(late).toHaveLength(1440);
  expect(Math.max(...late)).toBe(0);
});

test('reports a failure, goes on, and waits for the run under way when it stops', async () => {
  const outcomes: string[] = [];
  let finish: (() => void) | undefined;
  const slow = jobThat(() => new Promise((_, reject) => (finish = () => reject(new Error('no luck')))));
  const ticker = startJobTicker([slow], (outcome) => outcomes.push(outcome));
  const stopped = ticker.stop().then(() => outcomes.push('stopped'));
  finish?.();
  await stopped;
  expect(outcomes).toEqual([expect.stringMatching(/failed: no luck$/), 'stopped']);
});
