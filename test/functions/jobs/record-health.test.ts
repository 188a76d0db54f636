import { expect, test, vi } from 'vitest';
import { handler as recordHealth } from '#functions/jobs/record-health.ts';
import { recordedChecks } from '#lib/health/all-checks.ts';
import type { Check } from '#lib/health/check.ts';
import { calmHealth } from '#test/support/calm-health.ts';
import { runJob } from '#test/support/run-job.ts';
import { sql } from '#test/support/tenant.ts';

test('looks at every check and stores what it saw', async () => {
  await sql`delete from health_snapshots`;
  await calmHealth();
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
      .filter((name) => !['database:replicaLag', 'backup:freshness'].includes(name))
      .sort(),
  );
});

test('looks at the present in a run that is a day late', async () => {
  const observe = vi.spyOn(recordedChecks[0] as Check, 'observe');
  const startedAtMs = Date.now();
  await runJob(recordHealth, new Date(startedAtMs - 23 * 3_600_000));
  const [[seenAt] = []] = observe.mock.calls;
  expect(Math.abs(Number(seenAt) - startedAtMs)).toBeLessThan(60_000);
  observe.mockRestore();
});
