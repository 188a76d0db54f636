import { expect, test, vi } from 'vitest';
import { defineJob } from '#lib/jobs/define-job.ts';
import { createSecret } from '#lib/local/create-secret.ts';
import { takeIncrements } from '#lib/observability/increments.ts';
import { logger } from '#lib/observability/logger.ts';
import { lambdaContext } from '#test/support/event.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';

Object.assign(process.env, {
  PLINTH_STAGE: 'test',
  DATABASE_URL: 'postgres://nowhere',
  UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:1',
  UPSTASH_REDIS_REST_TOKEN: 'x',
  AUTH_SECRET: createSecret(),
});

const spec = { id: 'testJob', summary: '', schedule: 'rate(1 hour)', timeoutSeconds: 60 } as const;
const event = { id: 'run-1', time: '2026-11-21T09:00:00Z' } as never;

test('the slot of the event is the time of the run, and its result is logged', async () => {
  const info = vi.spyOn(logger, 'info');
  const job = defineJob(spec, async ({ ctx }) => ({ now: ctx.now.toISOString(), actor: ctx.actor }));
  const actor = { type: 'system', jobId: 'testJob' };
  expect(await job(event, lambdaContext())).toEqual({ now: '2026-11-21T09:00:00.000Z', actor });
  expect(info).toHaveBeenCalledWith(
    'job succeeded',
    expect.objectContaining({ job: 'testJob', runId: 'run-1', actor }),
  );
  info.mockRestore();
});

test.each([[new Error('boom')], ['a string'], [undefined]])(
  'a job that throws %s fails, and is logged once',
  async (thrown) => {
    const job = defineJob(spec, () => Promise.reject(thrown));
    await expect(job(event, lambdaContext())).rejects.toBe(thrown);
    expect(takeErrorLogs()).toEqual([['job failed', expect.objectContaining({ error: expect.any(Error) })]]);
  },
);

test('the signal comes before the end, so that a job can stop in order', async () => {
  const job = defineJob(
    spec,
    ({ ctx }) =>
      new Promise((resolve) => {
        ctx.signal.addEventListener('abort', () => resolve({ stopped: true }));
      }),
  );
  expect(await job(event, lambdaContext(5_050))).toEqual({ stopped: true });
});

test('a job that does not stop is given up, and that is a failure in the log too', async () => {
  const job = defineJob(spec, () => new Promise(() => {}));
  await expect(job(event, lambdaContext(1_050))).rejects.toThrow('aborted');
  expect(takeErrorLogs()).toEqual([['job failed', expect.objectContaining({ runId: 'run-1' })]]);
});

test('a schedule that EventBridge would refuse does not get as far as a deploy', () => {
  expect(() => defineJob({ ...spec, schedule: 'rate(1 minutes)' }, async () => ({}))).toThrow(
    'rate(1 minutes)',
  );
});

test('a run is measured, and does not fail because Redis takes no measurements', async () => {
  takeIncrements();
  const job = defineJob(spec, async () => ({}));
  expect(await job(event, lambdaContext())).toEqual({});
  const fields = [...takeIncrements().values()].flatMap((hash) => [...hash.keys()]);
  expect(fields).toContainEqual(expect.stringMatching(/^testJob\|succeeded\|[cw]\|-?\d+$/));
});
