import { describe, expect, test, vi } from 'vitest';
import type { Check, Observation } from '#lib/health/check.ts';
import { openBreakers } from '#lib/health/checks/open-breakers.ts';
import { readSnapshot } from '#lib/health/read-snapshot.ts';
import { recordHealth } from '#lib/health/record-health.ts';
import { recordChecks } from '#lib/observability/metrics.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { sql } from '#test/support/tenant.ts';

vi.mock('#lib/observability/metrics.ts', { spy: true });

const ctx = {
  actor: { type: 'system', jobId: 'recordHealth' },
  requestId: 'test',
  now: new Date(),
  signal: new AbortController().signal,
} as const;

/** Checks with the given statuses, which the test may change between two runs. */
function checksOf(statuses: Record<string, Observation['status']>): Check[] {
  return Object.keys(statuses).map((name) => ({
    name: `test:${name}`,
    isCritical: true,
    observe: async () => ({ status: statuses[name] ?? 'fail', output: `${name} is odd` }),
  }));
}

async function forget() {
  await sql`delete from health_snapshots`;
  await sql`delete from health_transitions`;
}

const history = () =>
  sql`select check_name as name, from_status as before, to_status as after, output, at from health_transitions order by id`;
const steps = async () => (await history()).map(({ name, before, after }) => `${name}: ${before} > ${after}`);
const record = (statuses: Record<string, Observation['status']>) => recordHealth(ctx, checksOf(statuses));

describe('the history', () => {
  test('has what changed, once, and of a new check only what does not pass', async () => {
    await forget();
    expect(await record({ one: 'pass', two: 'warn' })).toEqual({
      status: 'warn',
      transitions: 2,
      isSuperseded: false,
    });
    expect((await record({ one: 'pass', two: 'warn' })).transitions).toBe(0);
    await record({ one: 'fail', two: 'pass', three: 'pass' });
    await record({ one: 'pass', two: 'pass', three: 'pass' });
    expect(await steps()).toEqual([
      'overall: null > warn',
      'test:two: null > warn',
      'overall: warn > fail',
      'test:one: pass > fail',
      'test:two: warn > pass',
      'overall: fail > pass',
      'test:one: fail > pass',
    ]);
    const [, two, , one, passed] = await history();
    expect([two?.output, one?.output, passed?.output]).toEqual(['two is odd', 'one is odd', null]);
  });

  test('has each change once, however many runs see it at once', async () => {
    await forget();
    await record({ one: 'pass' });
    const runs = await Promise.all(Array.from({ length: 8 }, () => record({ one: 'fail' })));
    expect(runs.reduce((sum, { transitions }) => sum + transitions, 0)).toBe(2);
    expect(await steps()).toEqual(['overall: pass > fail', 'test:one: pass > fail']);
  });

  test('has the time in which nobody looked', async () => {
    await forget();
    await record({ one: 'pass' });
    await sql`update health_snapshots set observed_at = observed_at - interval '1 hour', expires_at = expires_at - interval '1 hour'`;
    const [before] = await sql`select expires_at from health_snapshots`;
    await record({ one: 'pass' });
    expect(await steps()).toEqual([
      'health:snapshotAge: pass > fail',
      'overall: pass > fail',
      'health:snapshotAge: fail > pass',
      'overall: fail > pass',
    ]);
    const times = (await history()).map(({ at }) => at);
    expect(times.slice(0, 2)).toEqual([before?.expires_at, before?.expires_at]);
    expect(times[3]).toEqual(times[2]);
  });

  test('of a service that was not available before and after that time has no change of it', async () => {
    await forget();
    await record({ one: 'fail' });
    await sql`delete from health_transitions`;
    await sql`update health_snapshots set observed_at = observed_at - interval '1 hour', expires_at = expires_at - interval '1 hour'`;
    await record({ one: 'fail' });
    expect(await steps()).toEqual(['health:snapshotAge: pass > fail', 'health:snapshotAge: fail > pass']);
  });

  test('ends after 30 days', async () => {
    await forget();
    await sql`insert into health_transitions (check_name, to_status, at) values
      ('old', 'fail', now() - interval '30 days 1 minute'), ('young', 'fail', now() - interval '29 days')`;
    await record({ one: 'pass' });
    expect(await steps()).toEqual(['young: null > fail']);
  });
});

describe('the snapshot', () => {
  test('is good for two and a half minutes from when the look began, by the clock of the database', async () => {
    await forget();
    expect(await readSnapshot()).toEqual({ status: 'fail', output: 'nobody has looked yet' });
    // A scheduled time from long ago, as of a late delivery, does not matter.
    await recordHealth({ ...ctx, now: new Date(0) }, checksOf({ one: 'warn' }));
    expect(await readSnapshot()).toEqual({ status: 'warn', ageSeconds: expect.any(Number) });
    const [row] =
      await sql`select extract(epoch from expires_at - observed_at)::int as seconds from health_snapshots`;
    expect(row?.seconds).toBe(150);
  });

  test.each([
    ['a second after its expiry', "- interval '151 seconds'"],
    ['a day after', "- interval '1 day'"],
    ['when it is of a clock that has jumped back since', "+ interval '1 hour'"],
  ])('is fail %s, whatever it saw', async (_, shift) => {
    await forget();
    await record({ one: 'pass' });
    await sql.unsafe(
      `update health_snapshots set observed_at = observed_at ${shift}, expires_at = expires_at ${shift}`,
    );
    expect(await readSnapshot()).toMatchObject({
      status: 'fail',
      output: expect.stringMatching(/^nobody has looked since 20/),
    });
    await record({ one: 'pass' });
    expect(await readSnapshot()).toMatchObject({ status: 'pass' });
  });

  test('of a look that began earlier does not replace that of a later one', async () => {
    await forget();
    const gate = Promise.withResolvers<Observation>();
    const begun = Promise.withResolvers<void>();
    const slow: Check = {
      name: 'test:one',
      isCritical: true,
      observe() {
        begun.resolve();
        return gate.promise;
      },
    };
    const early = recordHealth(ctx, [slow]);
    await begun.promise;
    await record({ one: 'warn' });
    gate.resolve({ status: 'pass' });
    expect(await early).toEqual({ status: 'warn', transitions: 0, isSuperseded: true });
    expect(await readSnapshot()).toMatchObject({ status: 'warn' });
  });
});

test('a look that hangs is recorded as a failure', async () => {
  await forget();
  const hangs: Check = { name: 'test:one', isCritical: true, observe: () => new Promise(() => {}) };
  expect(await recordHealth(ctx, [hangs])).toMatchObject({ status: 'fail' });
  expect((await history()).at(-1)).toMatchObject({ after: 'fail', output: 'no answer within 800 ms' });
  expect(takeErrorLogs()).toEqual([]);
});

test('CloudWatch is told how many checks fail and warn, and how many circuit breakers are open', async () => {
  await forget();
  const breakers = openBreakers(async () => ['mail', 'search']);
  await recordHealth(ctx, [...checksOf({ one: 'fail', two: 'warn', three: 'pass' }), breakers]);
  expect(recordChecks).toHaveBeenLastCalledWith({ failing: 1, warning: 2, openBreakers: 2 });
  await record({ one: 'pass' });
  expect(recordChecks).toHaveBeenLastCalledWith({ failing: 0, warning: 0, openBreakers: 0 });
});
