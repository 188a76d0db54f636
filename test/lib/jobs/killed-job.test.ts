import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { withTransaction } from '#lib/db/transaction.ts';
import { leaseSeconds } from '#lib/jobs/ledger/lease.ts';
import { createJob, dispatchJob, findRuns } from '#test/support/ledger.ts';
import { noteAttempt } from '#test/support/note-attempt.ts';
import { sql } from '#test/support/tenant.ts';

let child: ChildProcess;
afterEach(() => child.kill('SIGKILL'));

/** A run that is under way in a process of its own, and the same job here. */
async function startRun() {
  const id = `test-${randomUUID()}`;
  const job = createJob(
    async ({ ctx }) => {
      await withTransaction(ctx, (tx) => noteAttempt(tx, id, 'second'));
      return {};
    },
    { id },
  );
  child = fork('test/support/job-process.ts', [id, new Date().toISOString()], { execArgv: [] });
  await once(child, 'message');
  return job;
}

/** As if the whole lease had passed; tells how long it was. */
async function endLease(id: string): Promise<number> {
  const [row] = await sql`
    with run as (select id, extract(epoch from lease_until - now())::float as left from job_runs where job_id = ${id})
    update job_runs set lease_until = now() - interval '1 ms' from run where job_runs.id = run.id returning run.left`;
  return row?.left;
}

const writesOf = async (id: string) =>
  (await sql`select id from jobs where id like ${`${id} %`}`).map((row) => row.id.split(' ')[1]);

test('a process that is killed in the middle of a run has it taken over at the first tick after its lease', async () => {
  const job = await startRun();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await dispatchJob(job)).toMatchObject({ started: 0 });
  expect(await findRuns(job)).toMatchObject([{ state: 'running' }]);
  const leaseLeft = await endLease(job.spec.id);
  expect(leaseLeft).toBeGreaterThan(0);
  expect(leaseLeft).toBeLessThanOrEqual(leaseSeconds);
  expect(await dispatchJob(job)).toMatchObject({ started: 1, succeeded: 1 });
  expect(await findRuns(job)).toMatchObject([{ state: 'succeeded', attempts: 2 }]);
  expect(await writesOf(job.spec.id)).toEqual(['second']);
}, 60_000);

test('a process that was stopped, and goes on after its run was taken over, can write no more', async () => {
  const job = await startRun();
  child.kill('SIGSTOP');
  await endLease(job.spec.id);
  expect(await dispatchJob(job)).toMatchObject({ started: 1, succeeded: 1 });
  child.kill('SIGCONT');
  child.send('go on');
  expect((await once(child, 'message'))[0]).toBe('lost');
  expect(await writesOf(job.spec.id)).toEqual(['second']);
  expect(await findRuns(job)).toMatchObject([{ state: 'succeeded', fence: '3' }]);
}, 60_000);
