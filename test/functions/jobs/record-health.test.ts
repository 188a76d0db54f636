import { expect, test } from 'vitest';
import { handler as recordHealth } from '#functions/jobs/record-health.ts';
import { recordedChecks } from '#lib/health/all-checks.ts';
import { closeBreakers } from '#test/support/close-breakers.ts';
import { runJob } from '#test/support/run-job.ts';
import { sql } from '#test/support/tenant.ts';

test('looks at every check and stores what it saw', async () => {
  await sql`delete from health_snapshots`;
  // Mails that other tests of this worker left behind are late, and their runs dead.
  await sql`delete from job_runs where job_id = 'deliverMail'`;
  await sql`delete from job_runs`;
  await sql`delete from jobs`;
  await closeBreakers();
  await runJob(recordHealth);
  // The first one may be slow: it pays for the connection.
  expect(await runJob(recordHealth)).toMatchObject({
    status: 'pass',
    isSuperseded: false,
  });
  const [row] = await sql`select status, checks, expires_at > now() as counts from health_snapshots`;
  expect(row).toMatchObject({ status: 'pass', counts: true });
  expect(Object.keys(row?.checks).sort()).toEqual(
    recordedChecks
      .map(({ name }) => name)
      .filter((name) => name !== 'database:replicaLag')
      .sort(),
  );
});
