import { afterEach, describe, expect, test, vi } from 'vitest';
import { handler as getDetailedHealth } from '#functions/health/get-detailed-health.ts';
import { handler as getReadiness } from '#functions/health/get-readiness.ts';
import { affectedEndpoints } from '#lib/health/affected-endpoints.ts';
import { allChecks } from '#lib/health/all-checks.ts';
import type { Check } from '#lib/health/check.ts';
import { databaseResponseTime } from '#lib/health/checks/database-response-time.ts';
import { failingMails } from '#lib/health/checks/failing-mails.ts';
import { redisResponseTime } from '#lib/health/checks/redis-response-time.ts';
import { forgetObservations } from '#lib/health/observe-checks.ts';
import { recordHealth } from '#lib/health/record-health.ts';
import { releaseKey, releaseSlotMs } from '#lib/observability/note-release.ts';
import { getRedis } from '#lib/redis/client.ts';
import { call } from '#test/support/call.ts';
import { calmHealth } from '#test/support/calm-health.ts';
import { contextOf, createMember, sql } from '#test/support/tenant.ts';

afterEach(() => {
  vi.restoreAllMocks();
  forgetObservations();
});

async function setUp() {
  await calmHealth();
  const operator = await createMember('viewer', 'operator');
  await recordHealth({ ...contextOf(operator.actor), actor: { type: 'system', jobId: 'recordHealth' } });
  return { operator, look: () => call(getDetailedHealth, { token: operator.token }) };
}

const broken = (check: Check) =>
  vi.spyOn(check, 'observe').mockRejectedValue(Object.assign(new Error('at 10.0.0.7'), { code: 'EPIPE' }));

describe('succeeds', () => {
  test('with every check, and of those that pass only what was observed', async () => {
    const { look } = await setUp();
    const { status, headers, body } = await look();
    expect([status, headers['content-type'], headers['cache-control'], headers['retry-after']]).toEqual([
      200,
      'application/health+json',
      'no-store',
      undefined,
    ]);
    expect([body.status, body.releaseId]).toEqual(['pass', 'development']);
    expect(Object.keys(body.checks)).toEqual(
      allChecks
        .filter(({ name }) => !['database:replicaLag', 'backup:freshness'].includes(name))
        .map(({ name }) => name),
    );
    expect(body.checks['redis:responseTime']).toEqual([
      {
        status: 'pass',
        isCritical: false,
        observedValue: expect.any(Number),
        observedUnit: 'ms',
        time: expect.stringMatching(/T.*Z$/),
      },
    ]);
  });

  test('with the routes that need what fails, the code of the error and no host', async () => {
    const { look } = await setUp();
    broken(redisResponseTime);
    broken(failingMails);
    const { status, body, text } = await look();
    expect([status, body.status]).toEqual([200, 'warn']);
    expect(body.checks['redis:responseTime']).toMatchObject([
      {
        status: 'warn',
        output: 'does not answer',
        reason: 'EPIPE',
        affectedEndpoints: affectedEndpoints.redis,
      },
    ]);
    expect(body.checks['mail:failing'][0]).not.toHaveProperty('affectedEndpoints');
    expect(text).not.toContain('10.0.0.7');
  });

  test('with 503 when a critical check fails, as readiness does', async () => {
    const { look } = await setUp();
    broken(databaseResponseTime);
    for (const { status, headers, body } of [await look(), await call(getReadiness)])
      expect([status, headers['retry-after'], body.status]).toEqual([503, '5', 'fail']);
  });

  test('with fail when the job has not looked for too long', async () => {
    const { look } = await setUp();
    await sql`update health_snapshots set observed_at = now() - interval '1 hour', expires_at = now() - interval '57 minutes'`;
    const { status, body } = await look();
    expect([status, body.status]).toEqual([503, 'fail']);
    expect(body.checks['health:snapshotAge']).toMatchObject([
      { status: 'fail', observedUnit: 's', output: expect.stringMatching(/^nobody has looked since 20/) },
    ]);
    expect((await call(getReadiness)).status).toBe(200);
  });
});

describe('protects', () => {
  test('what readiness shows of a failure: no code, no routes, no release', async () => {
    broken(redisResponseTime);
    const { body } = await call(getReadiness);
    expect(Object.keys(body)).toEqual(['status', 'checks']);
    expect(Object.keys(body.checks['redis:responseTime'][0])).toEqual(['status', 'time', 'output']);
  });

  test('the report from owners who do not run the platform', async () => {
    const { token } = await createMember('owner');
    expect((await call(getDetailedHealth, { token })).status).toBe(403);
  });
});

test('a request has the fleet know which release serves it, with the call of the gate', async () => {
  const { look } = await setUp();
  const slot = Math.floor(Date.now() / releaseSlotMs);
  await look();
  // The slot may have changed in between.
  const noted = await Promise.all(
    [slot, slot + 1].map((at) =>
      getRedis().eval("return redis.call('HKEYS', KEYS[1])", [releaseKey(at)], []),
    ),
  );
  expect(noted.flat()).toContain('development local');
});

test('the routes that need a dependency are derived from the routes', () => {
  expect(affectedEndpoints.database).toContain('/api/v1/projects/{id}');
  expect(affectedEndpoints.redis).toContain('/api/v1/auth/login');
  expect(affectedEndpoints.database).toContain('/.well-known/jwks.json');
  expect(affectedEndpoints.redis).not.toContain('/.well-known/jwks.json');
  for (const paths of Object.values(affectedEndpoints)) {
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths.filter((path) => /health|docs|openapi/.test(path))).toEqual([]);
  }
});
