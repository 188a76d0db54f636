import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { handler as getMetrics } from '#functions/monitoring/get-metrics.ts';
import { handler as getPerformance } from '#functions/monitoring/get-performance.ts';
import { loadOperations } from '#lib/generate/load-operations.ts';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { rollUpMeasurements } from '#lib/monitoring/roll-up-measurements.ts';
import { takeIncrements } from '#lib/observability/increments.ts';
import { call } from '#test/support/call.ts';
import { createMember, type Member, sql } from '#test/support/tenant.ts';

// An endpoint of its own: other tests are requests, too.
const redis = await startRedisEndpoint({ token: 'metrics' });
Object.assign(process.env, { UPSTASH_REDIS_REST_URL: redis.url, UPSTASH_REDIS_REST_TOKEN: redis.token });
afterAll(() => redis.close());

const { endpoints } = await loadOperations();
const listProjects = endpoints.find(({ spec }) => spec.id === 'listProjects')?.handler as never;

let operator: Member;
beforeEach(async () => {
  operator = await createMember('owner', 'operator');
  takeIncrements();
  await fold();
  await sql`truncate measurements, measurement_folds`;
});

const fold = () =>
  rollUpMeasurements({
    ...operator.ctx,
    now: new Date(),
    actor: { type: 'system', jobId: 'rollUpMeasurements' },
  });

test('percentiles are those of the fleet, by route template, and say up to when', async () => {
  for (let count = 0; count < 4; count++) await call(listProjects, { token: operator.token });
  await call(listProjects, { token: operator.token, query: 'limit=0' });
  await call(getMetrics, { token: operator.token });
  await fold();
  const { body } = await call(getPerformance, { token: operator.token, query: 'window=5m' });
  expect(body).toMatchObject({ window: '5m', asOf: expect.any(String), quantileError: 0.025 });
  const route = body.routes.find(({ operation }: { operation: string }) => operation === 'listProjects');
  expect(route).toMatchObject({
    route: 'GET /api/v1/projects',
    outcomes: { 200: 4, 422: 1 },
    count: 5,
    clientErrors: 1,
    serverErrors: 0,
    serverErrorShare: 0,
  });
  expect(route.p50Ms).toBeLessThanOrEqual(route.p99Ms);
  expect(body.slowest.length).toBeGreaterThan(0);
});

test('a day is read from minutes and hours, and nothing is counted twice', async () => {
  const now = new Date();
  vi.useFakeTimers({ now, toFake: ['Date'] });
  const insert = (resolution: string, startsAt: Date, count: number) => sql`
    insert into measurements (resolution, starts_at, operation, outcome, is_cold, count, duration_us, buckets)
    values (${resolution}, ${startsAt}, 'listProjects', '200', false, ${count}, 0, '{"10": 1}')`;
  const minuteMs = 60_000;
  const from = Math.floor(now.getTime() / minuteMs) * minuteMs - 24 * 60 * minuteMs;
  const nextHour = Math.ceil(from / 3_600_000) * 3_600_000;
  await insert('minute', new Date(from - minuteMs), 1_000_000);
  await insert('hour', new Date(nextHour - 3_600_000), 500_000);
  await insert('hour', new Date(nextHour), 7);
  await insert('minute', new Date(nextHour), 7);
  await insert('hour', new Date(nextHour + 22 * 3_600_000), 20);
  const isAligned = from === nextHour;
  if (!isAligned) await insert('minute', new Date(from), 300);
  const { body } = await call(getPerformance, { token: operator.token, query: 'window=24h' });
  const [route] = body.routes.filter(({ operation }: { operation: string }) => operation === 'listProjects');
  expect(route.count).toBe(isAligned ? 27 : 327);
  expect(body.asOf).toBeNull();
  vi.useRealTimers();
});
