import { expect, test, vi } from 'vitest';
import { handler as cancelJobRun } from '#functions/job-control/cancel-job-run.ts';
import { handler as getJobRun } from '#functions/job-control/get-job-run.ts';
import { handler as listDeadLetters } from '#functions/job-control/list-dead-letters.ts';
import { handler as listJobRuns } from '#functions/job-control/list-job-runs.ts';
import { handler as listJobs } from '#functions/job-control/list-jobs.ts';
import { handler as pauseJob } from '#functions/job-control/pause-job.ts';
import { handler as redriveDeadLetters } from '#functions/job-control/redrive-dead-letters.ts';
import { handler as resumeJob } from '#functions/job-control/resume-job.ts';
import { handler as retryJobRun } from '#functions/job-control/retry-job-run.ts';
import { handler as triggerJob } from '#functions/job-control/trigger-job.ts';
import { handler as expireSessions } from '#functions/jobs/expire-sessions.ts';
import { dispatchRuns } from '#lib/jobs/dispatch-runs.ts';
import type { AnyJob } from '#lib/jobs/job-spec.ts';
import { deadLetterStates, type RunState, runStates } from '#lib/jobs/run-states.ts';
import { call } from '#test/support/call.ts';
import { runJob } from '#test/support/run-job.ts';
import { createJobRun } from '#test/support/scenario.ts';
import { contextOf, createMember, sql } from '#test/support/tenant.ts';

const jobId = 'expireSessions';
const params = { jobId };

/** An operator, and an empty ledger. */
async function setUp() {
  await sql`delete from job_runs`;
  await sql`delete from jobs`;
  const member = await createMember('viewer', 'operator');
  const { token, actor } = member;
  const ctx = { ...contextOf(actor), actor: { type: 'system', jobId: 'dispatchRuns' } } as const;
  const eventsOf = (action: string) =>
    sql`select * from audit_events where action = ${action} and organization_id = ${actor.organizationId}`;
  return { token, actor, eventsOf, dispatch: (job: AnyJob) => dispatchRuns(ctx, [job]) };
}

const stateOf = async (id: string) => (await sql`select * from job_runs where id = ${id}`)[0];

test('lists every job with its next times, how it did and when it last succeeded', async () => {
  const { token } = await setUp();
  await createJobRun('succeeded');
  await createJobRun('succeeded');
  await createJobRun('skipped');
  const last = await createJobRun('dead');
  const { body } = await call(listJobs, { token });
  const job = body.items.find(({ id }: { id: string }) => id === jobId);
  expect(job).toMatchObject({
    schedule: 'rate(1 hour)',
    timezone: 'UTC',
    paused: null,
    lastRun: { id: last, state: 'dead' },
    lastSuccessAt: expect.stringMatching(/Z$/),
  });
  expect(job.successRate).toBeCloseTo(2 / 3);
  expect(job.p99DurationMs).toBe(1_000);
  const times = job.nextTimes.map((time: string) => Date.parse(time));
  expect(times).toHaveLength(5);
  expect(times.every((time: number) => time > Date.now() && time % 3_600_000 === 0)).toBe(true);
  const other = body.items.find(({ id }: { id: string }) => id === 'recordHealth');
  expect(other).toMatchObject({ lastRun: null, successRate: null, p99DurationMs: null, lastSuccessAt: null });
});

test('lists the runs of a job page by page, newest first, by state when asked', async () => {
  const { token } = await setUp();
  const ids = [];
  for (const state of ['dead', 'succeeded', 'dead', 'dead'] as const) ids.push(await createJobRun(state));
  await createJobRun('dead', 'recordHealth');
  const read = async (query: Record<string, string>) => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = { ...query, limit: '2', ...(cursor && { cursor }) };
      const { body } = await call(listJobRuns, { token, params, query: page });
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.nextCursor;
    } while (cursor);
    return seen;
  };
  expect(await read({})).toEqual(ids.toReversed());
  expect(await read({ state: 'succeeded' })).toEqual([ids[1]]);
  expect((await call(listJobRuns, { token, params, query: { state: 'gone' } })).status).toBe(422);
  expect((await call(listJobRuns, { token, params: { jobId: 'noSuchJob' } })).status).toBe(404);
});

test('a run shows its attempts and its progress, and nobody its payload', async () => {
  const { token } = await setUp();
  const id = await createJobRun('running');
  await sql`
    update job_runs set progress_done = 3, progress_total = 9, payload = '"secret"', fence = 2, attempt_started_at = now(),
      attempt_release = 'r2' where id = ${id}`;
  await sql`
    insert into job_attempts (run_id, fence, release, finished_at, outcome, error_class, error_message)
    values (${id}, 1, 'r1', now(), 'failed', 'Error', 'boom')`;
  const { body, text } = await call(getJobRun, { token, params: { id } });
  expect(body).toMatchObject({
    state: 'running',
    progress: { done: 3, total: 9 },
    attemptHistory: [
      { outcome: null, finishedAt: null, release: 'r2', error: null },
      { outcome: 'failed', release: 'r1', error: { class: 'Error', message: 'boom' } },
    ],
  });
  expect(text).not.toContain('secret');
});

test('a job that is triggered runs with the next dispatch, and the audit trail has who', async () => {
  const { token, actor, eventsOf, dispatch } = await setUp();
  const { status, body } = await call(triggerJob, { token, params, body: {} });
  expect([status, body.trigger, body.state]).toEqual([201, 'operator', 'scheduled']);
  expect(await eventsOf('job.trigger')).toMatchObject([{ entity_id: body.id, actor_id: actor.userId }]);
  expect(await dispatch(expireSessions)).toMatchObject({ succeeded: 1 });
  expect(await stateOf(body.id)).toMatchObject({ state: 'succeeded' });
});

test('the dispatcher and the sweep cannot be triggered, nor their runs retried', async () => {
  const { token } = await setUp();
  const answer = await call(triggerJob, { token, params: { jobId: 'dispatchRuns' }, body: {} });
  expect([answer.status, answer.body.code]).toEqual([409, 'wrong_state']);
  const id = await createJobRun('dead', 'sweepMissedRuns');
  expect((await call(retryJobRun, { token, params: { id } })).status).toBe(409);
  expect((await call(redriveDeadLetters, { token, body: {} })).body.items).toEqual([]);
});

test('a paused job skips its slots and keeps what waits until it is resumed; both once', async () => {
  const { token, actor, eventsOf, dispatch } = await setUp();
  const pause = () => call(pauseJob, { token, params, body: { reason: 'It locks too much' } });
  expect((await pause()).status).toBe(204);
  expect(await pause()).toMatchObject({ status: 409, body: { code: 'wrong_state' } });
  const { body } = await call(listJobs, { token });
  expect(body.items.find(({ id }: { id: string }) => id === jobId).paused).toMatchObject({
    by: actor.userId,
    reason: 'It locks too much',
  });
  expect(await runJob(expireSessions)).toMatchObject({ outcome: 'skipped' });
  const run = (await call(triggerJob, { token, params, body: {} })).body;
  expect(await dispatch(expireSessions)).toMatchObject({ started: 0 });
  expect((await call(resumeJob, { token, params })).status).toBe(204);
  expect(await call(resumeJob, { token, params })).toMatchObject({ status: 409 });
  expect(await dispatch(expireSessions)).toMatchObject({ started: 1 });
  expect(await stateOf(run.id)).toMatchObject({ state: 'succeeded' });
  expect(await eventsOf('job.pause')).toMatchObject([
    { changes: { jobId: { after: jobId }, reason: { after: 'It locks too much' } } },
  ]);
  expect(await eventsOf('job.resume')).toHaveLength(1);
});

const retriable: RunState[] = ['failed', 'dead', 'timed_out', 'missed', 'skipped'];

test.each(runStates)('a retry of a run that is %s begins it anew, or is refused', async (state) => {
  const { token, eventsOf, dispatch } = await setUp();
  const id = await createJobRun(state);
  const { status, body } = await call(retryJobRun, { token, params: { id } });
  if (!retriable.includes(state)) {
    expect([status, body.code]).toEqual([409, 'wrong_state']);
    expect(await stateOf(id)).toMatchObject({ state });
    return;
  }
  expect([status, body.state, body.attempts]).toEqual([200, 'retrying', 0]);
  expect(await eventsOf('job_run.retry')).toMatchObject([
    { entity_id: id, changes: { state: { before: state, after: 'retrying' } } },
  ]);
  await dispatch(expireSessions);
  expect(await stateOf(id)).toMatchObject({ state: 'succeeded', attempts: 1 });
});

test.each(runStates)('a cancellation of a run that is %s ends what waits, or is refused', async (state) => {
  const { token, eventsOf } = await setUp();
  const id = await createJobRun(state);
  const { status, body } = await call(cancelJobRun, { token, params: { id } });
  if (['scheduled', 'retrying'].includes(state))
    expect([status, body.state, body.finishedAt]).toEqual([200, 'cancelled', expect.any(String)]);
  else if (state === 'running')
    expect([status, body.state, body.cancelRequestedAt]).toEqual([200, 'running', expect.any(String)]);
  else expect([status, body.code]).toEqual([409, 'wrong_state']);
  expect(await eventsOf('job_run.cancel')).toHaveLength(status === 200 ? 1 : 0);
});

test('a run that fails after its cancellation does not begin once more', async () => {
  const { token, dispatch } = await setUp();
  const { id } = (await call(triggerJob, { token, params, body: {} })).body;
  let fail = () => {};
  const failing = new Promise<never>((_, reject) => {
    fail = () => reject(new Error('boom'));
  });
  const dispatched = dispatch({ spec: expireSessions.spec, run: () => failing });
  await vi.waitFor(async () => expect(await stateOf(id)).toMatchObject({ state: 'running' }));
  await call(cancelJobRun, { token, params: { id } });
  fail();
  await dispatched;
  expect(await stateOf(id)).toMatchObject({ state: 'cancelled', finished_at: expect.any(Date) });
});

test('dead letters are listed the last one first, and redriven oldest first, each by one of several callers', async () => {
  const { token, eventsOf } = await setUp();
  const ids: string[] = [];
  for (const state of deadLetterStates) ids.push(await createJobRun(state));
  const other = await createJobRun('dead', 'recordHealth');
  await createJobRun('missed');
  const list = async () =>
    (await call(listDeadLetters, { token })).body.items.map(({ id }: { id: string }) => id);
  expect(await list()).toEqual([...ids, other].toReversed());
  const first = await call(redriveDeadLetters, { token, body: { jobId, limit: 1 } });
  expect(first.body.items).toEqual([{ id: ids[0], jobId }]);
  const both = await Promise.all([1, 2].map(() => call(redriveDeadLetters, { token, body: { jobId } })));
  expect(both.flatMap(({ body }) => body.items.map(({ id }: { id: string }) => id)).sort()).toEqual(
    ids.slice(1).sort(),
  );
  expect(await list()).toEqual([other]);
  expect(await eventsOf('job_run.redrive')).toHaveLength(3);
  expect(await stateOf(ids[1] ?? '')).toMatchObject({ state: 'retrying', attempts: 0, max_attempts: 3 });
});

test('a job or a run that is none is not found', async () => {
  const { token } = await setUp();
  const jobless = { token, params: { jobId: 'noSuchJob' } };
  const runless = { token, params: { id: '01980000-0000-7000-8000-000000000001' } };
  const answers = await Promise.all([
    call(triggerJob, { ...jobless, body: {} }),
    call(pauseJob, { ...jobless, body: { reason: 'x' } }),
    call(resumeJob, jobless),
    call(redriveDeadLetters, { token, body: { jobId: 'noSuchJob' } }),
    call(getJobRun, runless),
    call(retryJobRun, runless),
    call(cancelJobRun, runless),
  ]);
  expect(answers.map(({ body }) => body.code)).toEqual(answers.map(() => 'not_found'));
});

test('protects: the owner of an organization is no operator', async () => {
  const { token } = await createMember('owner');
  const run = { token, params: { id: await createJobRun('dead') } };
  const answers = await Promise.all([
    call(listJobs, { token }),
    call(listJobRuns, { token, params }),
    call(getJobRun, run),
    call(listDeadLetters, { token }),
    call(triggerJob, { token, params, body: {} }),
    call(pauseJob, { token, params, body: { reason: 'x' } }),
    call(resumeJob, { token, params }),
    call(retryJobRun, run),
    call(cancelJobRun, run),
    call(redriveDeadLetters, { token, body: {} }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 403));
});
