import { expect, test, vi } from 'vitest';
import * as z from 'zod';
import { withTransaction } from '#lib/db/transaction.ts';
import { getInvocation, runInvocation } from '#lib/invocation.ts';
import { PermanentFailure } from '#lib/jobs/classify-failure.ts';
import { expireJobRuns } from '#lib/jobs/expire-job-runs.ts';
import { type AnyJob, Continuation } from '#lib/jobs/job-spec.ts';
import { claimParallelRuns } from '#lib/jobs/ledger/claim-runs.ts';
import { enqueue } from '#lib/jobs/ledger/enqueue.ts';
import { finishRuns } from '#lib/jobs/ledger/finish-runs.ts';
import { sweepSlots } from '#lib/jobs/ledger/sweep-slots.ts';
import { lambdaContext } from '#test/support/event.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import {
  createJob,
  systemContext as ctx,
  dispatchJob as dispatch,
  findRuns as runsOf,
} from '#test/support/ledger.ts';
import { sql } from '#test/support/tenant.ts';

const hour = 3_600_000;
const slotOf = (hoursAgo = 0) => new Date(Math.floor(Date.now() / hour) * hour - hoursAgo * hour);
const eventOf = (slot = slotOf()) => ({ time: slot.toISOString() });
const deliver = (job: ReturnType<typeof createJob>, slot?: Date) => job(eventOf(slot), lambdaContext(60_000));
const attemptsOf = ({ spec }: AnyJob) => sql`
  select a.* from job_attempts a join job_runs r on r.id = run_id where job_id = ${spec.id} order by a.fence`;
const makeDue = ({ spec }: AnyJob) => sql`update job_runs set available_at = now() where job_id = ${spec.id}`;

test('fifty deliveries of one event at once make one run, whose time is the slot', async () => {
  const times: unknown[] = [];
  const job = createJob(async (input) => {
    times.push(input.ctx.slot);
    return { did: 'it' };
  });
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => deliver(job)));
  expect(times).toEqual([slotOf()]);
  expect(outcomes.filter(({ outcome }) => outcome === 'succeeded')).toHaveLength(1);
  expect(await runsOf(job)).toMatchObject([{ state: 'succeeded', attempts: 1, result: { did: 'it' } }]);
});

test('workers that claim in batches side by side never get the same run', async () => {
  const job = createJob(async () => ({}), { overlap: 'parallel' });
  await sql`
    insert into job_runs (id, job_id, trigger, available_at, max_attempts, is_exclusive)
    select gen_random_uuid(), ${job.spec.id}, 'enqueue', now(), 3, false from generate_series(1, 400)`;
  const claimed: string[] = [];
  const work = async () => {
    for (;;) {
      const runs = await claimParallelRuns([job.spec.id], 50);
      if (runs.length === 0) return;
      claimed.push(...runs.map(({ id }) => id));
      const end = { state: 'succeeded', outcome: 'succeeded' } as const;
      await finishRuns(runs.map((lease) => ({ lease, ...end })));
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  expect(claimed).toHaveLength(400);
  expect(new Set(claimed).size).toBe(400);
  expect((await runsOf(job)).filter((run) => run.state === 'succeeded' && run.attempts === 1)).toHaveLength(
    400,
  );
  expect(await attemptsOf(job)).toHaveLength(400);
});

test('old runs are removed with their attempts, those that went wrong much later', async () => {
  const [done, failed] = [
    createJob(async () => ({})),
    createJob(() => Promise.reject(new PermanentFailure('no'))),
  ] as const;
  for (const job of [done, failed]) {
    await deliver(job);
    await sql`update job_runs set finished_at = now() - interval '9 days' where job_id = ${job.spec.id}`;
  }
  const [run] = await runsOf(done);
  await expireJobRuns(ctx);
  expect(await runsOf(done)).toHaveLength(0);
  expect(await sql`select from job_attempts where run_id = ${run?.id}`).toHaveLength(0);
  expect(await attemptsOf(failed)).toHaveLength(1);
  takeErrorLogs();
});

test('a run that throws is tried again by the dispatcher, with every attempt on record', async () => {
  let attempts = 0;
  const job = createJob(async () => {
    attempts++;
    if (attempts < 3) throw attempts === 1 ? new Error('boom') : 'a string';
    return undefined;
  });
  expect(await deliver(job)).toMatchObject({ outcome: 'retrying' });
  for (const _ of [1, 2]) {
    expect(await dispatch(job)).toMatchObject({ started: 0 });
    await makeDue(job);
    await dispatch(job);
  }
  expect(await runsOf(job)).toMatchObject([{ state: 'succeeded', attempts: 3 }]);
  expect(await attemptsOf(job)).toMatchObject([
    { outcome: 'failed', error_class: 'Error', error_message: 'boom' },
    { outcome: 'failed', error_message: 'a string' },
    { outcome: 'succeeded', error_class: null },
  ]);
});

test('a run that fails in every attempt is dead; one that fails for good is not tried again', async () => {
  const retry = { maxAttempts: 2, baseSeconds: 0, maxSeconds: 0 };
  const job = createJob(() => Promise.reject(new Error('boom')), { retry });
  await deliver(job);
  await dispatch(job);
  expect(await runsOf(job)).toMatchObject([{ state: 'dead', attempts: 2, error_message: 'boom' }]);
  const hopeless = createJob(() => Promise.reject(new PermanentFailure('no such thing')), { retry });
  await deliver(hopeless);
  expect(await runsOf(hopeless)).toMatchObject([{ state: 'failed', attempts: 1 }]);
  expect(takeErrorLogs()).toHaveLength(2);
});

test('a killed run is taken over, and its first holder can write no more', async () => {
  const written: string[] = [];
  let resume = () => {};
  const paused = new Promise<void>((resolve) => {
    resume = resolve;
  });
  let isFirst = true;
  const job = createJob(async (input) => {
    const who = isFirst ? 'first' : 'second';
    isFirst = false;
    if (who === 'first') await paused;
    await withTransaction(input.ctx, async () => void written.push(who));
    return { who };
  });
  const first = deliver(job);
  await vi.waitFor(async () => expect(await runsOf(job)).toMatchObject([{ state: 'running' }]));
  await sql`update job_runs set lease_until = now() - interval '1 second' where job_id = ${job.spec.id}`;
  expect(await dispatch(job)).toMatchObject({ started: 1, succeeded: 1 });
  resume();
  expect(await first).toMatchObject({ outcome: 'lost' });
  expect(written).toEqual(['second']);
  expect(await runsOf(job)).toMatchObject([{ state: 'succeeded', result: { who: 'second' } }]);
  expect(await attemptsOf(job)).toMatchObject([{ outcome: 'timed_out' }, { outcome: 'succeeded' }]);
});

test('a lost attempt that the release before has entered keeps no other run from being taken over', async () => {
  const job = createJob(async () => ({}), { overlap: 'parallel' });
  await sql`
    insert into job_runs (id, job_id, trigger, state, attempts, max_attempts, fence, is_exclusive, available_at, lease_until,
      attempt_started_at, attempt_release)
    select gen_random_uuid(), ${job.spec.id}, 'enqueue', 'running', 1, 3, 3, false, now(), now() - interval '1 s', now(), '' from generate_series(1, 2)`;
  await sql`insert into job_attempts (run_id, fence, release) select id, fence, 'before' from job_runs where job_id = ${job.spec.id} limit 1`;
  expect(await dispatch(job)).toMatchObject({ started: 2, succeeded: 2 });
  const outcomes = (await attemptsOf(job)).map(({ fence, outcome }) => `${fence} ${outcome}`);
  expect(outcomes).toEqual(['3 timed_out', '3 timed_out', '5 succeeded', '5 succeeded']);
});

test.each([
  ['skip', 'skipped'],
  ['queue', 'scheduled'],
  ['parallel', 'succeeded'],
] as const)('while a run is under way, the next one of overlap %s is %s', async (overlap, state) => {
  let resume = () => {};
  const paused = new Promise<void>((resolve) => {
    resume = resolve;
  });
  const job = createJob(
    async ({ ctx: { slot = slotOf() } }) => {
      if (slot < slotOf()) await paused;
      return {};
    },
    { overlap },
  );
  const first = deliver(job, slotOf(1));
  await vi.waitFor(async () => expect(await runsOf(job)).toMatchObject([{ state: 'running' }]));
  await deliver(job);
  const [, next] = await runsOf(job);
  expect(next?.state).toBe(state);
  resume();
  await first;
  await dispatch(job);
  expect((await runsOf(job)).map((run) => run.state)).toEqual([
    'succeeded',
    overlap === 'skip' ? 'skipped' : 'succeeded',
  ]);
});

test('what a transaction enqueues runs once when it commits, and never when it does not', async () => {
  const seen: unknown[] = [];
  const payload = z.object({ n: z.number() });
  const job = createJob(async (input) => void seen.push(input.payload), { overlap: 'parallel', payload });
  await withTransaction(ctx, async (db) => {
    const first = await enqueue({ ...ctx, db }, job.spec, { n: 1 }, { key: 'once' });
    expect(await enqueue({ ...ctx, db }, job.spec, { n: 2 }, { key: 'once' })).toBe(first);
    await enqueue({ ...ctx, db }, job.spec, { n: 3 }, { at: new Date(Date.now() + hour) });
  });
  await expect(
    withTransaction(ctx, async (db) => {
      await enqueue({ ...ctx, db }, job.spec, { n: 4 });
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  await Promise.all(Array.from({ length: 10 }, () => dispatch(job)));
  expect(seen).toEqual([{ n: 1 }]);
  await expect(enqueue(ctx, job.spec, { n: 'x' })).rejects.toThrow(z.ZodError);
  await sql`update job_runs set payload = '{}', available_at = now() where job_id = ${job.spec.id} and state = 'scheduled'`;
  await dispatch(job);
  expect((await runsOf(job))[1]).toMatchObject({ state: 'failed', error_class: 'PayloadError' });
  takeErrorLogs();
});

test('a run that is not done goes on from its checkpoint in another invocation', async () => {
  const job = createJob(async ({ checkpoint }) => {
    const done = Number(checkpoint ?? 0) + 1;
    return done < 3 ? new Continuation(done) : { done };
  });
  expect(await deliver(job)).toMatchObject({ outcome: 'scheduled' });
  await dispatch(job);
  await dispatch(job);
  expect(await runsOf(job)).toMatchObject([{ state: 'succeeded', result: { done: 3 }, attempts: 1 }]);
  expect((await attemptsOf(job)).map(({ outcome }) => outcome)).toEqual([
    'continued',
    'continued',
    'succeeded',
  ]);
});

test('a paused job skips its slots with the reason, and keeps what was enqueued', async () => {
  const job = createJob(async () => ({}));
  await sql`insert into jobs (id, paused_at) values (${job.spec.id}, now())`;
  await enqueue(ctx, job.spec, undefined);
  expect(await deliver(job)).toMatchObject({ outcome: 'skipped' });
  await dispatch(job);
  expect(await runsOf(job)).toMatchObject([{ state: 'scheduled' }, { state: 'skipped', reason: 'paused' }]);
});

test.each([
  ['none', 0],
  ['once', 1],
  [2, 2],
] as const)(
  'of the slots without an event, the policy %s catches up with %d, once',
  async (catchUp, late) => {
    const job = createJob(async () => ({}), { catchUp });
    await sweepSlots(ctx, job.spec);
    expect(await runsOf(job)).toHaveLength(0);
    await deliver(job, slotOf(4));
    await sql`update jobs set swept_until = ${slotOf(5)} where id = ${job.spec.id}`;
    const sweeps = await Promise.all([sweepSlots(ctx, job.spec), sweepSlots(ctx, job.spec)]);
    const [swept] = await sql`select swept_until from jobs where id = ${job.spec.id}`;
    const missing = [3, 2, 1, 0].map(slotOf).filter((slot) => slot <= swept?.swept_until);
    const runs = (await runsOf(job)).toSorted((a, b) => a.slot - b.slot).slice(1);
    expect(runs.map(({ slot, state }) => [slot, state])).toEqual(
      missing.map((slot, index) => [slot, index < missing.length - late ? 'missed' : 'scheduled']),
    );
    expect(sweeps.map(({ missed }) => missed).toSorted()).toEqual([0, missing.length - late]);
  },
);

test.each([
  ['a day and more', 25],
  ['ten minutes ahead', -1],
])('an event whose slot is %s away is refused', async (_, hoursAgo) => {
  const job = createJob(async () => ({}));
  expect(await deliver(job, new Date(Date.now() - hoursAgo * hour))).toMatchObject({ outcome: 'refused' });
  expect(await runsOf(job)).toHaveLength(0);
});

test('an event without a time is an error of the caller', async () => {
  const job = createJob(async () => ({}));
  await expect(job({} as never, lambdaContext())).rejects.toThrow(z.ZodError);
  expect(takeErrorLogs()).toHaveLength(1);
});

test('a job is told to stop before the end, and one that does not heed it is given up', async () => {
  const obedient = createJob(
    ({ ctx: { signal } }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve({ stopped: true }));
      }),
  );
  const stubborn = createJob(() => new Promise(() => {}));
  const [heeded, given] = await Promise.all(
    [obedient, stubborn].map((job) => job(eventOf(), lambdaContext(6_050))),
  );
  expect(heeded).toMatchObject({ outcome: 'succeeded', stopped: true });
  expect(given).toMatchObject({ outcome: 'retrying' });
  expect(await attemptsOf(stubborn)).toMatchObject([{ outcome: 'timed_out' }]);
});

test('a run belongs to the trace of the request that enqueued it', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  let seen: string | undefined;
  const job = createJob(async () => {
    seen = getInvocation()?.trace?.traceId;
    return {};
  });
  await runInvocation(5_000, false, (invocation) => {
    invocation.trace = { traceId, parentSpanId: undefined, isSampled: true };
    return enqueue(ctx, job.spec, undefined);
  });
  await dispatch(job);
  expect(seen).toBe(traceId);
});
