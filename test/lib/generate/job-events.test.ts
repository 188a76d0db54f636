import { expect, test } from 'vitest';
import { renderFunctions } from '#lib/generate/functions-yaml.ts';
import { defineJob } from '#lib/jobs/define-job.ts';
import type { JobSpec } from '#lib/jobs/job-spec.ts';

function render(when: Pick<JobSpec, 'schedule' | 'timezone'>): string {
  const handler = defineJob({ id: 'testJob', summary: '', timeoutSeconds: 60, ...when }, async () => ({}));
  const job = { spec: handler.spec, area: 'jobs', module: 'functions/jobs/test-job', handler };
  return renderFunctions('jobs', 'endpoint', [], [job]);
}

test('a schedule in UTC is a rule', () => {
  expect(render({ schedule: 'cron(0 9 ? * 6#3 *)' })).toContain('    - schedule: cron(0 9 ? * 6#3 *)\n');
});

test('an interval becomes the cron of its slots, in whatever zone', () => {
  for (const timezone of [undefined, 'Europe/Berlin'])
    expect(render({ schedule: 'rate(5 minutes)', ...(timezone && { timezone }) })).toContain(
      '    - schedule: cron(0/5 * * * ? *)\n',
    );
});

test('a schedule in a time zone is left to EventBridge Scheduler, for a rule knows only UTC', () => {
  expect(render({ schedule: 'cron(0 9 ? * MON-FRI *)', timezone: 'Europe/Berlin' })).toContain(
    "    - schedule: { method: scheduler, rate: ['cron(0 9 ? * MON-FRI *)'], timezone: Europe/Berlin, input: { time: <aws.scheduler.scheduled-time> } }\n",
  );
});
