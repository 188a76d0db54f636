import { beforeEach, describe, expect, test } from 'vitest';
import { jobDeadLetters } from '#lib/health/checks/job-dead-letters.ts';
import { jobFreshness } from '#lib/health/checks/job-freshness.ts';
import { registerJobs } from '#lib/jobs/register-jobs.ts';
import { deadLetterStates, type RunState } from '#lib/jobs/run-states.ts';
import { createJobRun } from '#test/support/scenario.ts';
import { sql } from '#test/support/tenant.ts';

const now = new Date();

beforeEach(async () => {
  await sql`delete from job_runs`;
  await sql`delete from jobs`;
});

const heardOf = (jobId: string, sweptMinutesAgo = 2) =>
  sql`insert into jobs (id, swept_until) values (${jobId}, now() - make_interval(mins => ${sweptMinutesAgo}))`;

async function createSlot(state: RunState, minutesAgo: number, jobId = 'expireSessions') {
  const id = await createJobRun(state, jobId);
  await sql`
    update job_runs set trigger = 'schedule', slot = now() - make_interval(mins => ${minutesAgo}) where id = ${id}`;
}

describe('freshness', () => {
  test.each([
    ['missed', 'fail'],
    ['dead', 'fail'],
    ['failed', 'fail'],
    ['timed_out', 'fail'],
    ['succeeded', 'pass'],
    ['running', 'pass'],
    ['retrying', 'pass'],
    ['skipped', 'pass'],
  ] as const)('a job whose newest slot is %s: %s, whatever the one before was', async (state, status) => {
    await heardOf('expireSessions');
    await createSlot(status === 'fail' ? 'succeeded' : 'missed', 70);
    await createSlot(state, 10);
    const output = 'do not keep to their schedule: expireSessions';
    expect(await jobFreshness.observe(now)).toMatchObject(
      status === 'fail' ? { status, value: 1, output } : { status, value: 0 },
    );
  });

  test('fails when nobody has swept for five minutes, and does not expect it of the sweep itself', async () => {
    await heardOf('expireSessions', 6);
    await heardOf('sweepMissedRuns', 60);
    expect(await jobFreshness.observe(now)).toMatchObject({ status: 'pass' });
    await sql`update jobs set swept_until = now() - interval '8 minutes'`;
    expect(await jobFreshness.observe(now)).toMatchObject({ status: 'fail', value: 1 });
  });

  test('fails for a job that was never started, and that nobody looks for, minutes after it became known', async () => {
    await registerJobs();
    expect(await jobFreshness.observe(now)).toMatchObject({ status: 'pass' });
    await sql`update jobs set swept_until = now() - interval '8 minutes'`;
    await registerJobs();
    await sql`update jobs set swept_until = now() where id <> 'purgeDeletedProjects'`;
    const output = 'do not keep to their schedule: purgeDeletedProjects';
    expect(await jobFreshness.observe(now)).toMatchObject({ status: 'fail', output });
  });

  test('passes for what is paused, what no event has come for yet, and what is no job any more', async () => {
    await heardOf('expireSessions', 60);
    await sql`update jobs set paused_at = now()`;
    await heardOf('aJobOfLastYear', 60);
    await createSlot('dead', 10, 'aJobOfLastYear');
    expect(await jobFreshness.observe(now)).toEqual({ status: 'pass', value: 0, unit: 'jobs' });
  });
});

test('dead letters of the last day fail, older ones and those of no job do not', async () => {
  for (const state of deadLetterStates) await createJobRun(state);
  await createJobRun('missed');
  await createJobRun('dead', 'aJobOfLastYear');
  expect(await jobDeadLetters.observe(now)).toMatchObject({ status: 'fail', value: 3 });
  await sql`update job_runs set finished_at = now() - interval '25 hours'`;
  expect(await jobDeadLetters.observe(now)).toEqual({ status: 'pass', value: 0, unit: 'runs' });
});
