import { afterAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { handler as getDetailedHealth } from '#functions/health/get-detailed-health.ts';
import { handler as getHealth } from '#functions/health/get-health.ts';
import { handler as getLiveness } from '#functions/health/get-liveness.ts';
import { handler as getReadiness } from '#functions/health/get-readiness.ts';
import { forgetObservations } from '#lib/health/observe-checks.ts';
import { recordHealth } from '#lib/health/record-health.ts';
import type { Endpoint } from '#lib/http/create-pipeline.ts';
import { call } from '#test/support/call.ts';
import { calmHealth } from '#test/support/calm-health.ts';
import { type Fault, startTcpProxy, type TcpProxy } from '#test/support/tcp-proxy.ts';
import { contextOf, createMember, type Member } from '#test/support/tenant.ts';

async function proxyOf(url: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(url);
  return startTcpProxy({ host: hostname, port: Number(port) });
}

const database = await proxyOf(process.env.DATABASE_URL ?? '');
const redis = await proxyOf(inject('redisUrl'));
const direct = new URL(process.env.DATABASE_URL ?? '');
process.env.DATABASE_URL = Object.assign(direct, { port: database.port }).href;
process.env.UPSTASH_REDIS_REST_URL = `http://127.0.0.1:${redis.port}`;
// What a busy test machine needs; the gate waits for it before the checks begin.
process.env.REDIS_TIMEOUT_MS = '400';

await calmHealth();
const operator: Member = await createMember('owner', 'operator');
// Both are warm: a first call also pays for the import of the driver and its first connection.
await look(getReadiness);
await look(getDetailedHealth);

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

afterAll(() => Promise.all([database.close(), redis.close()]));

beforeEach(async () => {
  await Promise.all([database.set('pass'), redis.set('pass')]);
  await passing(getReadiness);
  const { ctx } = operator;
  await recordHealth({ ...contextOf(ctx.actor), actor: { type: 'system', jobId: 'recordHealth' } });
});

/** A call of now, and how long it took; what five seconds of cache do is tested elsewhere. */
async function look(endpoint: Endpoint) {
  forgetObservations();
  const token = endpoint.spec.access === 'public' ? undefined : operator.token;
  const before = performance.now();
  const answer = await call(endpoint, { token });
  return { ...answer, durationMs: performance.now() - before };
}

/** Asks until it passes by itself; the driver waits up to 20 s before it connects again. */
function passing(endpoint: Endpoint): Promise<void> {
  return vi.waitFor(async () => expect((await look(endpoint)).body.status).toBe('pass'), 30_000);
}

const faults: Fault[] = ['hang', 'reset', 'close', 'refuse'];

describe.each(faults)('while connections to the database %s', (fault) => {
  test.each([
    ['readiness', getReadiness],
    ['the detailed report', getDetailedHealth],
  ])('%s fails within a second, and passes by itself afterwards', async (_, endpoint) => {
    await database.set(fault);
    const { status, headers, body, text, durationMs } = await look(endpoint);
    expect(durationMs).toBeLessThan(1_000);
    expect([status, headers['retry-after'], headers['cache-control']]).toEqual([503, '5', 'no-store']);
    expect(headers['content-type']).toBe('application/health+json');
    expect(body.checks['database:responseTime'][0]).toMatchObject({
      status: 'fail',
      // Also while the driver waits before it connects again.
      output: expect.stringMatching(
        fault === 'hang' ? /^no answer within 800 ms$/ : /^(no answer within 800 ms|does not answer)$/,
      ),
    });
    expect(body.checks['redis:responseTime'][0].status).toBe('pass');
    expect(text).not.toContain('127.0.0.1');
    await database.set('pass');
    await passing(endpoint);
  });
});

describe.each(faults)('while connections to Redis %s', (fault) => {
  test.each([
    ['readiness', getReadiness],
    ['the detailed report', getDetailedHealth],
  ])('%s warns within a second, and passes by itself afterwards', async (_, endpoint) => {
    await redis.set(fault);
    const { status, body, durationMs } = await look(endpoint);
    expect(durationMs).toBeLessThan(1_000);
    expect([status, body.status]).toEqual([200, 'warn']);
    expect(body.checks['redis:responseTime'][0]).toMatchObject({ status: 'warn', output: 'does not answer' });
    expect(body.checks['database:responseTime'][0].status).toBe('pass');
    await redis.set('pass');
    await passing(endpoint);
  });
});

test('while everything hangs, readiness ends within a second and liveness does not notice', async () => {
  await Promise.all([database.set('hang'), redis.set('hang')]);
  const answers = await Promise.all([getReadiness, getHealth, getLiveness].map(look));
  for (const { durationMs } of answers) expect(durationMs).toBeLessThan(1_000);
  expect(answers.map(({ status }) => status)).toEqual([503, 200, 200]);
});

test('1,000 calls at once while connections are reset are one look at the database', async () => {
  await database.set('reset');
  const before = database.connections();
  forgetObservations();
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => call(getReadiness)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
  // One for the response time and one for the migrations.
  expect(database.connections() - before).toBeLessThanOrEqual(2);
});
