import { randomUUID } from 'node:crypto';
import type { Redis } from '@upstash/redis';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { handler as rollUpMeasurementsJob } from '#functions/jobs/roll-up-measurements.ts';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { claimMeasurements, releaseMeasurements } from '#lib/monitoring/claim-measurements.ts';
import { expireMeasurements } from '#lib/monitoring/expire-measurements.ts';
import { rollUpMeasurements } from '#lib/monitoring/roll-up-measurements.ts';
import { bucketOf, quantileOf } from '#lib/observability/histogram.ts';
import { addIncrement, takeIncrements } from '#lib/observability/increments.ts';
import { measurementIndexKey, recordMeasurement } from '#lib/observability/record-measurement.ts';
import { sendIncrements } from '#lib/redis/send-increments.ts';
import { describeOnBothBackends } from '#test/local/redis-harness.ts';
import { runJob } from '#test/support/run-job.ts';
import { sql } from '#test/support/tenant.ts';

const backend = vi.hoisted(() => ({ redis: undefined as unknown }));
vi.mock('#lib/redis/client.ts', () => ({ getRedis: () => backend.redis }));

const now = new Date('2026-11-21T09:30:20Z');
const minute = Math.floor(now.getTime() / 60_000);
const contextAt = (instant: Date): Context<SystemActor> => ({
  actor: { type: 'system', jobId: 'rollUpMeasurements' },
  requestId: randomUUID(),
  now: instant,
  signal: new AbortController().signal,
});
const rollUp = () => rollUpMeasurements(contextAt(now));

/** What an instance sends that took these times for requests in the current minute. */
async function measure(
  durationsMs: readonly number[],
  { operation = 'listProjects', isColdStart = false } = {},
) {
  for (const durationMs of durationsMs)
    recordMeasurement({ operation, outcome: 200, durationMs, isColdStart });
  await sendIncrements();
}

interface Row {
  startsAt: string;
  count: number;
  durationUs: number;
  buckets: Record<string, number>;
}

const rowsOf = (resolution: string, operation = 'listProjects') =>
  sql<Row[]>`
    select starts_at::text as "startsAt", sum(count)::int as count, sum(duration_us)::int as "durationUs",
      (array_agg(buckets))[1] as buckets
    from measurements where resolution = ${resolution} and operation = ${operation}
    group by 1 order by 1`;

const toHistogram = (buckets: Record<string, number> = {}) =>
  new Map(Object.entries(buckets).map(([bucket, count]) => [Number(bucket), count]));

describeOnBothBackends('measurements', (on) => {
  beforeEach(async () => {
    backend.redis = on.redis satisfies Redis;
    takeIncrements();
    vi.useFakeTimers({ now, toFake: ['Date'] });
    await sql`truncate measurements, measurement_folds`;
    return () => vi.useRealTimers();
  });

  test('of this minute stay in it when a run of yesterday folds them, late', async () => {
    vi.useRealTimers();
    await measure([5]);
    await runJob(rollUpMeasurementsJob, new Date(Date.now() - 23 * 3_600_000));
    const [row] = await rowsOf('minute');
    expect(Date.now() - Date.parse(String(row?.startsAt))).toBeLessThan(5 * 60_000);
  });

  test('of several instances become one histogram a minute, an hour and since ever', async () => {
    await measure([5, 5, 6]);
    await measure([900, 905]);
    expect(await rollUp()).toEqual({ hashes: 1 });
    for (const [resolution, startsAt] of [
      ['minute', '2026-11-21 09:30:00+00'],
      ['hour', '2026-11-21 09:00:00+00'],
      ['total', '1970-01-01 00:00:00+00'],
    ] as const) {
      const [row] = await rowsOf(resolution);
      expect(row).toMatchObject({ startsAt, count: 5, durationUs: 1_821_000 });
      expect(quantileOf(toHistogram(row?.buckets), 0.99)).toBeCloseTo(905, -2);
    }
    expect(await on.redis.keys('*')).toEqual([]);
  });

  test('that arrive late are added to what is there', async () => {
    await measure([5]);
    await rollUp();
    await measure([7, 9]);
    expect(await rollUp()).toEqual({ hashes: 1 });
    expect(await rowsOf('minute')).toMatchObject([{ count: 3, durationUs: 21_000 }]);
    expect(await rollUp()).toEqual({ hashes: 0 });
    expect(await rowsOf('total')).toMatchObject([{ count: 3 }]);
  });

  test('reach Redis once, also beside a key that takes none', async () => {
    await on.redis.set('spoiled', 'text');
    addIncrement('spoiled', 'field', 1);
    await measure([5]);
    await sendIncrements();
    expect(takeIncrements().size).toBe(0);
    await rollUp();
    expect(await rowsOf('minute')).toMatchObject([{ count: 1, durationUs: 5_000 }]);
  });

  const claimed = async () => {
    const name = `measure:14:${minute}`;
    const claim = await claimMeasurements(name, randomUUID());
    expect(claim).toBeDefined();
    return { name, claim };
  };

  test('are folded once when the job dies after it claimed them', async () => {
    await measure([5, 6]);
    await claimed();
    await measure([7]);
    expect(await rollUp()).toEqual({ hashes: 2 });
    expect(await rowsOf('minute')).toMatchObject([{ count: 3 }]);
  });

  test('are folded once when the job dies before it commits', async () => {
    await measure([5, 6]);
    await sql`alter table measurements rename to measurements_away`;
    await expect(rollUp()).rejects.toThrow();
    await sql`alter table measurements_away rename to measurements`;
    await rollUp();
    expect(await rowsOf('minute')).toMatchObject([{ count: 2 }]);
  });

  test('are folded once when the job dies after it committed', async () => {
    await measure([5, 6]);
    const { name, claim } = await claimed();
    await rollUp();
    // As it was before the release.
    await measure([5, 6]);
    await on.redis.rename(name, `claimed:${name}`);
    await on.redis.hset('measure:claimed', { [name]: String(claim?.id) });
    await rollUp();
    expect(await rowsOf('minute')).toMatchObject([{ count: 2 }]);
    expect(await on.redis.exists(`claimed:${name}`)).toBe(0);
  });

  test('are folded once by two runs at a time, and a release of an older claim takes nothing away', async () => {
    for (let round = 0; round < 20; round++) {
      await measure([5, 6]);
      await Promise.all([rollUp(), rollUp(), rollUp()]);
    }
    expect(await rowsOf('total')).toMatchObject([{ count: 40 }]);
    await measure([5]);
    const { name } = await claimed();
    await releaseMeasurements(name, randomUUID());
    await rollUp();
    expect(await rowsOf('total')).toMatchObject([{ count: 41 }]);
  });

  test('that expired in Redis leave nothing to do', async () => {
    await measure([5]);
    await on.redis.del(`measure:14:${minute}`);
    expect(await rollUp()).toEqual({ hashes: 0 });
    expect(await on.redis.hlen(measurementIndexKey)).toBe(0);
  });

  test('of a clock that is ahead count for now, of one that is behind for when it says', async () => {
    vi.setSystemTime(new Date('2031-01-01T00:00:00Z'));
    await measure([5]);
    vi.setSystemTime(new Date('2026-11-21T07:10:00Z'));
    await measure([6]);
    vi.setSystemTime(0);
    await measure([7]);
    await rollUp();
    expect(await rowsOf('minute')).toMatchObject([
      { startsAt: '1970-01-01 00:00:00+00' },
      { startsAt: '2026-11-21 07:10:00+00' },
      { startsAt: '2026-11-21 09:30:00+00' },
    ]);
    expect(await rowsOf('total')).toMatchObject([{ count: 3 }]);
  });

  test('of a release with other buckets are translated, and what is not ours is left out', async () => {
    const name = `measure:5:${minute}`;
    await on.redis.hset(name, {
      [`listProjects|200|w|${Math.ceil(Math.log2(100) * 5)}`]: '10',
      'listProjects|200|w|us': '1000000',
      'listProjects|200|w|NaN': '1',
      'listProjects|200|w|3': '-4',
      'listProjects|200|w|4': '1e99',
      '/api/v1/projects/17|200|w|3': '1',
      garbage: 'x',
    });
    await on.redis.hset(measurementIndexKey, { [name]: '1', nonsense: '1' });
    await on.redis.hset('nonsense', { a: 'b' });
    await rollUp();
    const [row] = await rowsOf('total');
    expect(row).toMatchObject({ count: 10, durationUs: 1_000_000 });
    expect(Math.abs((quantileOf(toHistogram(row?.buckets), 0.5) ?? 0) / 100 - 1)).toBeLessThan(0.1);
    expect(await sql`select distinct operation from measurements`).toEqual([{ operation: 'listProjects' }]);
    expect(await on.redis.keys('*')).toEqual([]);
  });
});

describe('old measurements', () => {
  test('are removed in batches: minutes after 25 hours, hours after 30 days, totals never', async () => {
    vi.useRealTimers();
    await sql`truncate measurements, measurement_folds`;
    const buckets = sql.json({ [bucketOf(5)]: 1 });
    for (const [resolution, interval] of [
      ['minute', '1 minute'],
      ['hour', '1 hour'],
    ] as const)
      await sql`
        insert into measurements (resolution, starts_at, operation, outcome, is_cold, count, duration_us, buckets)
        select ${resolution}, ${now}::timestamptz - n * ${interval}::interval, 'listProjects', '200', false, 1, 5000, ${buckets}
        from generate_series(1, 4500) n`;
    await sql`insert into measurements values ('total', to_timestamp(0), 'a', '200', false, 1, 1, ${buckets})`;
    await sql`insert into measurement_folds values (gen_random_uuid(), ${new Date(now.getTime() - 49 * 3_600_000)}),
      (gen_random_uuid(), ${new Date(now.getTime() - 47 * 3_600_000)})`;
    const expected = 4500 - 25 * 60 + (4500 - 30 * 24) + 1;
    expect(await expireMeasurements(contextAt(now))).toEqual({ removed: expected });
    const left = await sql`select resolution, count(*)::int from measurements group by 1 order by 1`;
    expect(left).toEqual([
      { resolution: 'hour', count: 720 },
      { resolution: 'minute', count: 1500 },
      { resolution: 'total', count: 1 },
    ]);
    expect(await expireMeasurements(contextAt(now))).toEqual({ removed: 0 });
  });
});
