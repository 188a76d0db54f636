import { afterAll, beforeEach, expect, test } from 'vitest';
import { handler as getMetrics } from '#functions/monitoring/get-metrics.ts';
import { loadOperations } from '#lib/generate/load-operations.ts';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { rollUpMeasurements } from '#lib/monitoring/roll-up-measurements.ts';
import { takeIncrements } from '#lib/observability/increments.ts';
import { call } from '#test/support/call.ts';
import { hasPrometheusParser, parseExposition } from '#test/support/parse-exposition.ts';
import { createKey } from '#test/support/scenario.ts';
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
const countIn = (text: string) =>
  Number(/plinth_requests_total\{operation="listProjects",status="2xx"\} (\d+)/.exec(text)?.[1] ?? 0);

test('a request is measured by the gate call of the next one, and counters only grow', async () => {
  for (let round = 1; round <= 3; round++) {
    await call(listProjects, { token: operator.token });
    await call(listProjects, { token: operator.token });
    const { text, headers } = await call(getMetrics, { token: operator.token });
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    // Folded before this round: what came with the gate calls of the rounds before.
    expect(countIn(text)).toBe((round - 1) * 2);
    await fold();
  }
});

test('a scraper that prefers OpenMetrics gets it, with an API key that may do nothing else', async () => {
  const { headers: credential } = await createKey(operator, ['metrics:read']);
  await call(listProjects, { token: operator.token });
  await call(listProjects, { token: operator.token });
  await fold();
  const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';
  const { text, headers, status } = await call(getMetrics, { headers: { ...credential, accept } });
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  expect(text.endsWith('# EOF\n')).toBe(true);
  if (!hasPrometheusParser) return console.log('not parsed: python3 has no prometheus_client');
  const families = parseExposition(text, 'openmetrics');
  expect(families.map(({ name }) => name)).toContain('plinth_database_connections');
  expect((await call(listProjects, { headers: credential })).status).toBe(403);
});
