import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import * as z from 'zod';
import { withTransaction } from '#lib/db/transaction.ts';
import { PermanentFailure } from '#lib/jobs/classify-failure.ts';
import { reservedIds } from '#lib/jobs/define-job.ts';
import type { JobContext } from '#lib/jobs/job-spec.ts';
import { Continuation } from '#lib/jobs/job-spec.ts';
import { claimRun } from '#lib/jobs/ledger/claim-runs.ts';
import { enqueue } from '#lib/jobs/ledger/enqueue.ts';
import { LeaseLostError } from '#lib/jobs/ledger/lease.ts';
import { UnstorableError } from '#lib/jobs/ledger/storable.ts';
import { sweepMissedRuns } from '#lib/jobs/sweep-missed-runs.ts';
import { recordDeadRuns, recordInvocation, recordMissedRuns } from '#lib/observability/metrics.ts';
import { lambdaContext } from '#test/support/event.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { createJob, dispatchJob, findRuns, systemContext } from '#test/support/ledger.ts';
import { sql } from '#test/support/tenant.ts';

vi.mock('#lib/observability/metrics.ts', { spy: true });

const deliver = (job: ReturnType<typeof createJob>, minutesAgo = 0) =>
  job({ time: new Date(Date.now() - minutesAgo * 60_000).toISOString() }, lambdaContext(60_000));
const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown;

test.each([
  ['a string', 'no luck', { error_class: 'Error', error_message: 'no luck' }],
  ['undefined', undefined, { error_message: 'undefined' }],
  ['null', null, { error_message: 'null' }],
  ['a function', () => {}, { error_message: expect.stringContaining('Function') }],
  [
    'an error that is no text',
    Object.assign(new Error(), { name: 1, message: {} }),
    { error_message: 'object' },
  ],
  ['a character that PostgreSQL refuses', new Error('a\0b'), { error_message: 'a\uFFFDb' }],
  [
    'a character cut in two',
    new Error(`${'a'.repeat(1_999)}😀`),
    { error_message: `${'a'.repeat(1_999)}\uFFFD` },
  ],
])('a job that throws %s is tried again, with what it threw on record', async (_, thrown, recorded) => {
  const job = createJob(() => Promise.reject(thrown));
  expect(await deliver(job)).toMatchObject({ outcome: 'retrying' });
  expect(await findRuns(job)).toMatchObject([{ state: 'retrying', attempts: 1, ...recorded }]);
});

const circle: Record<string, unknown> = {};
circle.self = circle;

test.each([
  ['nothing', undefined, {}],
  ['null', null, {}],
  ['a string', 'done', { value: 'done' }],
  ['a list', [1], { value: [1] }],
  ['a function', () => {}, {}],
  ['a circle', circle, { omitted: expect.stringContaining('not JSON') }],
  ['a bigint', { n: 1n }, { omitted: expect.stringContaining('not JSON') }],
  ['a megabyte', { text: 'a'.repeat(1_000_000) }, { omitted: 'larger than 262144 bytes' }],
  ['a deep list', { list: nested(300) }, { omitted: 'nested deeper than 200' }],
  ['a character that PostgreSQL refuses', { '\0': '\uD800\\u0000' }, { '\uFFFD': '\uFFFD\\u0000' }],
])('a job that returns %s has succeeded', async (_, result, stored) => {
  const job = createJob(async () => result as never);
  expect(await deliver(job)).toMatchObject({ ...stored, outcome: 'succeeded' });
  expect(await findRuns(job)).toMatchObject([{ state: 'succeeded', result: stored }]);
});

test.each([
  ['is no JSON', 1n],
  ['is too deep', nested(201)],
  ['is too large', 'a'.repeat(262_144)],
])('a checkpoint that %s fails the run for good, for it could not go on', async (_, checkpoint) => {
  const job = createJob(async () => new Continuation(checkpoint));
  await deliver(job);
  expect(await findRuns(job)).toMatchObject([{ state: 'failed', error_class: 'UnstorableError' }]);
  takeErrorLogs();
});

test.each([
  ['is no JSON', { n: 1n }],
  ['is too deep', nested(100_000)],
  ['is too large', 'é'.repeat(131_072)],
])('a payload that %s is refused when it is enqueued, and the transaction goes on', async (_, payload) => {
  const job = createJob(async () => ({}));
  await withTransaction(systemContext, async (db) => {
    await expect(enqueue({ ...systemContext, db }, job.spec, payload)).rejects.toThrow(UnstorableError);
    await enqueue({ ...systemContext, db }, job.spec, { text: '\0' });
  });
  expect(await findRuns(job)).toMatchObject([{ payload: { text: '\uFFFD' } }]);
});

test.each([
  [Number.NaN, undefined, null, null],
  [Number.POSITIVE_INFINITY, 3, null, null],
  ['7', 10, null, null],
  [undefined, undefined, null, null],
  [-1, 1.5, 0, 1],
  [1e20, Number.NaN, 2_147_483_647, null],
])('progress of %s in %s is shown as %s in %s, and hurts nobody', async (done, total, shown, shownTotal) => {
  const job = createJob(async ({ ctx }) => {
    ctx.progress(done as number, total);
    return {};
  });
  await deliver(job);
  expect(await findRuns(job)).toMatchObject([
    { state: 'succeeded', progress_done: shown, progress_total: shownTotal },
  ]);
});

test('no job can have a name that stands in the place of an id in a path', () => {
  const paths = readFileSync('functions/README.md', 'utf8').matchAll(/\/api\/v1\/jobs\/([a-z-]+)/g);
  expect([...new Set([...paths].map(([, name]) => name))].sort()).toEqual(reservedIds.toSorted());
  for (const id of reservedIds) expect(() => createJob(async () => ({}), { id })).toThrow('cannot be a job');
});

test('a run that is given up, and a slot that nobody started, are measured for their alarms', async () => {
  const hopeless = createJob(() => Promise.reject(new PermanentFailure('no')));
  vi.mocked(recordDeadRuns).mockClear();
  await deliver(hopeless);
  expect(vi.mocked(recordDeadRuns).mock.calls).toEqual([[1]]);
  const late = createJob(async () => ({}), { schedule: 'rate(1 minute)', catchUp: 'none' });
  await sql`insert into jobs (id, swept_until) values (${late.spec.id}, now() - interval '7 minutes')`;
  await sweepMissedRuns(systemContext, [late]);
  await sweepMissedRuns(systemContext, [late]);
  expect(vi.mocked(recordMissedRuns).mock.calls).toEqual([[5], [0]]);
  takeErrorLogs();
});

test('a promise that a job leaves behind is told to stop, and can write no more', async () => {
  let left: JobContext | undefined;
  const job = createJob(async ({ ctx }) => {
    left = ctx;
    return {};
  });
  await deliver(job);
  expect(left?.signal.aborted).toBe(true);
  await expect(withTransaction(left as JobContext, async () => {})).rejects.toThrow(LeaseLostError);
});

test('a job that says its lease is lost has its run back when the lease ends, until it is timed out', async () => {
  const retry = { maxAttempts: 2, baseSeconds: 0, maxSeconds: 0 };
  const job = createJob(({ ctx }) => Promise.reject(new LeaseLostError({ id: ctx.requestId, fence: 0 })), {
    retry,
  });
  expect(await deliver(job)).toMatchObject({ outcome: 'lost' });
  const endLease = () =>
    sql`update job_runs set lease_until = now() - interval '1 s' where job_id = ${job.spec.id}`;
  await endLease();
  expect(await dispatchJob(job)).toMatchObject({ started: 1, succeeded: 0 });
  await endLease();
  // A delivery to any job ends leases, too; the last one is said aloud wherever that happens.
  await deliver(createJob(async () => ({})));
  expect(await findRuns(job)).toMatchObject([{ state: 'timed_out', attempts: 2 }]);
  expect(takeErrorLogs()).toHaveLength(1);
});

test('what has ended is written while the rest of its batch is under way, so that no lease ends meanwhile', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const job = createJob(
    async ({ payload }) => {
      if (payload === 'slow') await held;
      return {};
    },
    { overlap: 'parallel', payload: z.string() },
  );
  for (const payload of ['quick', 'slow', 'quick']) await enqueue(systemContext, job.spec, payload);
  const dispatching = dispatchJob(job);
  await vi.waitFor(async () =>
    expect((await findRuns(job)).map(({ state }) => state)).toEqual(['succeeded', 'running', 'succeeded']),
  );
  release();
  expect(await dispatching).toMatchObject({ started: 3, succeeded: 3 });
});

test('a run that shall be cancelled and fails before it hears of that is not tried again', async () => {
  const job = createJob(async () => {
    await sql`update job_runs set cancel_requested_at = now() where job_id = ${job.spec.id}`;
    throw new Error('boom');
  });
  await deliver(job);
  expect(await findRuns(job)).toMatchObject([{ state: 'cancelled', finished_at: expect.any(Date) }]);
});

test('a second delivery does not skip a run that goes on from its checkpoint', async () => {
  const job = createJob(async ({ checkpoint }) => (checkpoint ? {} : new Continuation(1)));
  const time = new Date().toISOString();
  await job({ time }, lambdaContext(60_000));
  await sql`update jobs set paused_at = now() where id = ${job.spec.id}`;
  expect(await job({ time }, lambdaContext(60_000))).toMatchObject({ outcome: 'nothing to do' });
  expect(await findRuns(job)).toMatchObject([{ state: 'scheduled', checkpoint: 1 }]);
});

test.each([
  ['skip', 'skipped'],
  ['queue', 'scheduled'],
] as const)(
  'between the parts of a run, the next one of overlap %s is %s, and what is triggered waits',
  async (overlap, state) => {
    const parts: string[] = [];
    const job = createJob(
      async ({ ctx, checkpoint }) => {
        parts.push(ctx.requestId);
        return checkpoint === 2 ? {} : new Continuation(Number(checkpoint ?? 0) + 1);
      },
      { overlap },
    );
    const { runId: first } = await deliver(job);
    const triggered = await enqueue(systemContext, job.spec, undefined, { at: new Date(0) });
    const { outcome } = await deliver(job, 1);
    expect(outcome).toBe(state === 'skipped' ? 'skipped' : 'nothing to do');
    expect(await claimRun(triggered)).toBe('overlap');
    expect((await findRuns(job)).map((run) => run.state)).toEqual(['scheduled', 'scheduled', state]);
    for (let turn = 0; turn < 8; turn++) await dispatchJob(job);
    const order = (await findRuns(job)).filter((run) => run.state === 'succeeded').map(({ id }) => id);
    expect(order.slice(0, 2)).toEqual([first, triggered]);
    expect(parts).toEqual(order.flatMap((id) => [id, id, id]));
  },
);

test('runs of an instance that died go on at once the first time, and later one by one', async () => {
  const job = createJob(async () => ({}), { overlap: 'parallel' });
  await sql`
    insert into job_runs (id, job_id, trigger, state, attempts, max_attempts, fence, is_exclusive, available_at, lease_until)
    select gen_random_uuid(), ${job.spec.id}, 'enqueue', 'running', n % 2 + 1, 3, 1, false, now(), now() - interval '1 s' from generate_series(1, 40) n`;
  expect(await dispatchJob(createJob(async () => ({})))).toMatchObject({ started: 0 });
  const rows = await sql`
    select attempts, count(distinct available_at)::int as times, extract(epoch from max(available_at) - now())::float as seconds
    from job_runs where job_id = ${job.spec.id} and state = 'retrying' group by 1 order by 1`;
  expect(rows).toMatchObject([
    { attempts: 1, times: 1 },
    { attempts: 2, times: 20 },
  ]);
  expect(rows[0]?.seconds).toBeLessThanOrEqual(0);
  expect(rows[1]?.seconds).toBeGreaterThan(1);
  expect(rows[1]?.seconds).toBeLessThanOrEqual(120);
});

test('a run that is tried again keeps no slot from running, unless it goes on from a checkpoint', async () => {
  const ends = [new Error('boom'), {}, new Continuation(1), new Error('boom'), {}];
  const job = createJob(async () => {
    const end = ends.shift();
    if (end instanceof Error) throw end;
    return end;
  });
  const outcomes = [];
  for (const minutesAgo of [3, 2, 1]) outcomes.push(await deliver(job, minutesAgo));
  await sql`update job_runs set available_at = now() + interval '1 hour' where job_id = ${job.spec.id} and checkpoint is null`;
  await dispatchJob(job);
  outcomes.push(await deliver(job));
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['retrying', 'succeeded', 'scheduled', 'skipped']);
});

test('of two runs that have both begun, as the release before let them, none waits for the other', async () => {
  const job = createJob(async ({ checkpoint }) => (checkpoint ? {} : new Continuation(1)));
  await sql`
    insert into job_runs (id, job_id, trigger, available_at, max_attempts, is_exclusive, started_at, checkpoint)
    select gen_random_uuid(), ${job.spec.id}, 'operator', now(), 3, true, now(), '1' from generate_series(1, 2)`;
  for (let turn = 0; turn < 2; turn++) await dispatchJob(job);
  expect((await findRuns(job)).map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
});

test('a run that ends at the checkpoint where it began fails, and is dead when its attempts are used up', async () => {
  const retry = { maxAttempts: 2, baseSeconds: 0, maxSeconds: 0 };
  const job = createJob(async () => new Continuation({ table: 1, part: 'a' }), { retry });
  await deliver(job);
  for (let turn = 0; turn < 4; turn++) await dispatchJob(job);
  expect(await findRuns(job)).toMatchObject([
    { state: 'dead', attempts: 2, error_class: 'NoProgressError', checkpoint: { table: 1, part: 'a' } },
  ]);
  expect(takeErrorLogs()).toHaveLength(1);
});

test('three parts and an end are measured as one run that succeeded', async () => {
  const job = createJob(async ({ checkpoint }) =>
    checkpoint === 3 ? {} : new Continuation(Number(checkpoint ?? 0) + 1),
  );
  await deliver(job);
  for (let turn = 0; turn < 3; turn++) await dispatchJob(job);
  expect(await findRuns(job)).toMatchObject([{ state: 'succeeded' }]);
  const measured = vi.mocked(recordInvocation).mock.calls.filter(([run]) => run.operation === job.spec.id);
  expect(measured).toMatchObject([[{ isFault: false }]]);
});

test.each([null, undefined])('a run that goes on from %s begins anew', async (nothing) => {
  const seen: unknown[] = [];
  const ends = [new Continuation(1), new Continuation(nothing), {}];
  const job = createJob(async ({ checkpoint }) => ends[seen.push(checkpoint) - 1]);
  await deliver(job);
  await dispatchJob(job);
  await dispatchJob(job);
  expect(seen).toEqual([undefined, 1, undefined]);
});
