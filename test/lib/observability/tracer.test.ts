import { expect, test } from 'vitest';
import { createSecret } from '#lib/local/create-secret.ts';
import { getTracer } from '#lib/observability/tracer.ts';
import { createXrayTracer } from '#lib/observability/xray-tracer.ts';

Object.assign(process.env, {
  PLINTH_STAGE: 'test',
  TRACING: 'xray',
  DATABASE_URL: 'postgres://nowhere',
  UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:1',
  UPSTASH_REDIS_REST_TOKEN: 'x',
  AUTH_SECRET: createSecret(),
});

test('X-Ray is loaded where the configuration names it, once', async () => {
  const [one, other] = await Promise.all([getTracer(), getTracer()]);
  expect(one).toBe(other);
});

test('results and errors pass through a span', async () => {
  const tracer = createXrayTracer();
  expect(await tracer.trace('outer', () => tracer.trace('inner', async () => 7))).toBe(7);
  const failure = new Error('kept as it is');
  await expect(tracer.trace('fails', () => Promise.reject(failure))).rejects.toBe(failure);
});
