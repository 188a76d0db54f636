import { afterAll, expect, test } from 'vitest';
import { dispatchRuns } from '#lib/jobs/dispatch-runs.ts';
import type { AnyJob } from '#lib/jobs/job-spec.ts';
import { sweepMissedRuns } from '#lib/jobs/sweep-missed-runs.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { allJobs, checkSlots, day, hour, minute, ownJobs, simulate } from '#test/support/simulate-jobs.ts';
import { createSimulatedDatabase } from '#test/support/simulated-clock.ts';

const { url, setClock, close } = await createSimulatedDatabase('plinth_simulated_month');
process.env.DATABASE_URL = url;
const { sql } = await import('#test/support/tenant.ts');
const database = { sql, setClock };
afterAll(close);

const system = { type: 'system', jobId: 'test' } as const;
const systemContext = () => ({
  actor: system,
  requestId: 'test',
  now: new Date(),
  signal: new AbortController().signal,
});

// One of each: the four hourly jobs have the same policies.
const rarely = allJobs.filter(({ spec }) => ['expireSessions', 'expireErrorGroups'].includes(spec.id));
const start = Date.UTC(2027, 0, 1);

// A month of the jobs of every minute would be 216,000 deliveries: they are in `npm run bench -- simulated-month`, and here for two hours.
test('in a month of outages, every slot of an hourly and a daily job has one end, and none runs twice', async () => {
  const until = start + 31 * day;
  const tick = async (jobs: readonly AnyJob[]) => {
    await sweepMissedRuns(systemContext(), jobs);
    await dispatchRuns(systemContext(), jobs);
  };
  const month = {
    ...database,
    seed: 6,
    jobs: rarely,
    from: start,
    until,
    calmFrom: until - 12 * hour,
    stepMs: hour,
    outagesPerDay: 2,
    tick,
  };
  const completions = await simulate(month);
  takeErrorLogs();
  const { counts, wrong } = await checkSlots(sql, rarely, start, until - hour, completions);
  expect(wrong.slice(0, 5)).toEqual([]);
  for (const kind of [
    'schedule succeeded',
    'catch_up succeeded',
    'schedule missed',
    'schedule skipped',
    'schedule failed',
  ])
    expect(counts[kind], kind).toBeGreaterThan(0);
}, 120_000);

test('in hours of outages, every slot of all jobs has one end, with the dispatcher and the sweep as jobs', async () => {
  const from = start + 40 * day;
  const until = from + 2 * hour;
  const hours = {
    ...database,
    seed: 7,
    jobs: allJobs,
    from,
    until,
    calmFrom: until - hour / 2,
    stepMs: minute,
    outagesPerDay: 10,
    runOf: ownJobs,
  };
  const completions = await simulate(hours);
  takeErrorLogs();
  const { counts, wrong } = await checkSlots(sql, allJobs, from, until - 5 * minute, completions);
  expect(wrong.slice(0, 5)).toEqual([]);
  for (const kind of ['schedule succeeded', 'schedule missed']) expect(counts[kind], kind).toBeGreaterThan(0);
}, 120_000);
