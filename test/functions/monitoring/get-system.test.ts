import { expect, test } from 'vitest';
import { handler } from '#functions/monitoring/get-system.ts';
import { call } from '#test/support/call.ts';
import { createMember } from '#test/support/tenant.ts';

test('the system is described without any value of the environment', async () => {
  const { token } = await createMember('operator');
  process.env.PLANTED = 'planted-in-the-environment';
  const { body, text } = await call(handler, { token });
  expect(body).toMatchObject({
    stage: 'test',
    release: 'development',
    commit: 'unknown',
    builtAt: null,
    runtime: { node: process.version },
    phase: 'ready',
    cpu: { userMs: expect.any(Number) },
    eventLoopDelay: { p99Ms: expect.any(Number) },
  });
  expect(body.memory.rssBytes).toBeGreaterThan(1_000_000);
  expect(body.caches).toContainEqual(expect.objectContaining({ name: 'signing keys', entries: 1 }));
  expect(body.invocations).toBeGreaterThan(0);
  const secrets = ['DATABASE_URL', 'AUTH_SECRET', 'UPSTASH_REDIS_REST_TOKEN', 'PLANTED'];
  for (const name of secrets) expect(text).not.toContain(String(process.env[name]));
});
