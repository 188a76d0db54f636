import { Tracer as PowertoolsTracer } from '@aws-lambda-powertools/tracer';
import { DrizzleQueryError } from 'drizzle-orm/errors';
import { expect, test, vi } from 'vitest';
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

test('X-Ray gets of an error what a log line may say: no parameter of a query, no secret', async () => {
  const add = vi.spyOn(PowertoolsTracer.prototype, 'addErrorAsMetadata');
  const tracer = createXrayTracer();
  const query = new DrizzleQueryError('select "id" from "users" where "email" = $1', [
    'jane@example.org',
    'hunter2',
  ]);
  const other = new TypeError(
    'no mail to jane@example.org, password=hunter2\nof a second line: hunter2@example.org',
  );
  for (const thrown of [
    query,
    other,
    'token=hunter2',
    {
      get message() {
        throw new Error('hunter2');
      },
    },
  ])
    await expect(tracer.trace('fails', () => Promise.reject(thrown))).rejects.toBe(thrown);
  const told = add.mock.calls.map(([error]) => error);
  expect(told).toMatchObject([
    { message: 'query failed: select "id" from "users" where "email" = $1' },
    { name: 'TypeError', message: expect.stringContaining('no mail to [email]') },
    { message: 'token=[redacted]' },
    { message: expect.any(String) },
  ]);
  for (const { name, message, stack } of told) {
    expect(`${name} ${message} ${stack}`).not.toMatch(/jane|hunter2/);
    expect(stack).toContain('    at ');
  }
});
