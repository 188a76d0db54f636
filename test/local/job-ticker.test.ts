import { expect, test, vi } from 'vitest';
import type { JobOperation } from '#lib/generate/load-operations.ts';
import { startJobTicker } from '#lib/local/job-ticker.ts';

function jobThat(run: (time: string) => Promise<unknown>): JobOperation {
  const spec = { id: 'tickTest', summary: '', schedule: 'rate(5 minutes)', timeoutSeconds: 60 } as const;
  const handler = Object.assign(({ time }: { time: string }) => run(time), { spec });
  return { spec, area: 'jobs', module: 'functions/jobs/tick-test', handler: handler as never };
}

test('runs the current slot at once and then every slot, with its time', async () => {
  vi.useFakeTimers({ now: new Date('2026-11-21T09:03:20Z') });
  const outcomes: string[] = [];
  const ticker = startJobTicker([jobThat(async (time) => ({ time }))], (outcome) => outcomes.push(outcome));
  await vi.advanceTimersByTimeAsync(6 * 60_000 + 40_000);
  await ticker.stop();
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  vi.useRealTimers();
  expect(outcomes).toEqual(
    ['09:00', '09:05', '09:10'].map(
      (time) => `job tickTest 2026-11-21T${time}:00.000Z: {"time":"2026-11-21T${time}:00Z"}`,
    ),
  );
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
