import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deadLetterQueues, queueMetric } from '#lib/generate/cloudwatch-metric.ts';
import { renderDashboard } from '#lib/generate/dashboard.ts';
import { functionNamesOf, renderFunctions } from '#lib/generate/functions-yaml.ts';
import { type EndpointOperation, type JobOperation, loadOperations } from '#lib/generate/load-operations.ts';
import { renderRouter } from '#lib/generate/modules.ts';
import { renderSchedules } from '#lib/generate/schedules-yaml.ts';
import { divide } from '#lib/generate/units.ts';
import { defineJob } from '#lib/jobs/define-job.ts';
import type { JobSpec } from '#lib/jobs/job-spec.ts';

const root = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const { endpoints } = await loadOperations();
const health = endpoints.filter(({ area }) => area === 'health');
const namesIn = (fragment: string) => functionNamesOf(new Map([['functions/x/functions.yml', fragment]]));
const idsOf = (operations: readonly EndpointOperation[]) => operations.map(({ spec }) => spec.id);

const job = (when: Pick<JobSpec, 'schedule' | 'timezone'> = {}): JobOperation => {
  const handler = defineJob({ id: 'testJob', summary: '', timeoutSeconds: 60, ...when }, async () => ({}));
  return { spec: handler.spec, area: 'jobs', module: 'functions/jobs/test-job', handler };
};

describe('an area is deployed', () => {
  test('as a Lambda for each endpoint', () => {
    expect(namesIn(renderFunctions('health', divide('endpoint', health), []))).toEqual(idsOf(health));
  });

  test('as one Lambda, whose router has all', () => {
    const division = divide('area', health);
    expect(namesIn(renderFunctions('health', division, []))).toEqual(['health']);
    for (const id of idsOf(health)) expect(renderRouter(division.routed)).toContain(`  ${id},\n`);
  });

  test('as one Lambda but for those that have their own, and no endpoint is lost', () => {
    const division = divide({ alone: ['getHealth', 'getReadiness'] }, health);
    expect(namesIn(renderFunctions('health', division, []))).toEqual(['health', 'getHealth', 'getReadiness']);
    expect([...idsOf(division.alone), ...idsOf(division.routed)].sort()).toEqual(idsOf(health).sort());
    expect(renderRouter(division.routed)).not.toContain('getHealth');
  });

  test('not at all when it names an endpoint that is not there', () => {
    expect(() => divide({ alone: ['getHelth'] }, health)).toThrow('"getHelth"');
  });
});

describe('what a function may, and when it is updated', () => {
  const [open, ready] = ['getHealth', 'getReadiness'].map((id) =>
    renderFunctions('health', { alone: health.filter(({ spec }) => spec.id === id), routed: [] }, []),
  );

  test('a static endpoint has neither secrets nor the role that reads them', () => {
    expect(open).toContain('  role: StaticRole\n');
    expect(open).not.toContain('secrets.yml');
    expect(ready).toContain('  role: ApiRole\n');
    expect(ready).toContain('secrets.yml');
  });

  test('a job is not tried again by Lambda, and leaves what it gives up in a queue', () => {
    const fragment = renderFunctions('jobs', { alone: [], routed: [] }, [job({ schedule: 'rate(1 hour)' })]);
    expect(fragment).toContain('  role: JobRole\n');
    expect(fragment).toContain('  maximumRetryAttempts: 0\n');
    expect(fragment).toContain('onFailure: { type: sqs, arn: { Fn::GetAtt: [FunctionDeadLetters, Arn] } }');
  });

  test('every function but the one that migrates waits for the migration', () => {
    for (const fragment of [
      open,
      ready,
      renderFunctions('jobs', { alone: [], routed: [] }, [job({ schedule: 'rate(1 hour)' })]),
    ])
      expect(fragment).toContain('  dependsOn: DatabaseMigration\n');
    expect(read('functions/operations/functions.yml')).not.toContain('dependsOn');
  });
});

describe('the schedule of a job', () => {
  const scheduleOf = (when: Pick<JobSpec, 'schedule' | 'timezone'>) => renderSchedules([job(when)]);

  test('is read in UTC', () => {
    const yaml = scheduleOf({ schedule: 'cron(0 9 ? * 6#3 *)' });
    expect(yaml).toContain(
      '      ScheduleExpression: cron(0 9 ? * 6#3 *)\n      ScheduleExpressionTimezone: UTC\n',
    );
  });

  test('is read in the time zone of the job', () => {
    const yaml = scheduleOf({ schedule: 'cron(0 9 ? * MON-FRI *)', timezone: 'Europe/Berlin' });
    expect(yaml).toContain('      ScheduleExpressionTimezone: Europe/Berlin\n');
  });

  test('becomes the cron of its slots when it is an interval, in whatever zone', () => {
    for (const timezone of [undefined, 'Europe/Berlin'])
      expect(scheduleOf({ schedule: 'rate(5 minutes)', ...(timezone && { timezone }) })).toContain(
        '      ScheduleExpression: cron(0/5 * * * ? *)\n      ScheduleExpressionTimezone: UTC\n',
      );
  });

  test('hands over the time of the slot, is not delivered again, and may start this function only', () => {
    const yaml = scheduleOf({ schedule: 'rate(1 hour)' });
    expect(yaml).toContain(`        Input: '{"time":"<aws.scheduler.scheduled-time>"}'\n`);
    expect(yaml).toContain('        RetryPolicy: { MaximumRetryAttempts: 0 }\n');
    expect(yaml.match(/Fn::GetAtt: \[\w+LambdaFunction, Arn\]/g)).toEqual(
      Array(2).fill('Fn::GetAtt: [TestJobLambdaFunction, Arn]'),
    );
  });

  test('is not there for a job that is only enqueued, and neither is a Lambda of its own', () => {
    expect(scheduleOf({})).not.toContain('TestJob');
    expect(namesIn(renderFunctions('jobs', { alone: [], routed: [] }, [job()]))).toEqual([]);
    expect(renderDashboard({ endpoints: [], jobs: [job()], functionNames: [] })).not.toContain('TestJob');
  });
});

test('the queues of dead letters are called what their alarms read', () => {
  for (const queue of deadLetterQueues)
    expect(read('lib/template/dead-letters.yml')).toContain(
      `QueueName: ${queueMetric(queue).dimensions.QueueName}\n`,
    );
});

test('serverless.yml has what is generated and what is written beside it', () => {
  const files = ['operations/functions', 'schedules', 'alarms', 'dashboard'].map(
    (name) => `functions/${name}.yml`,
  );
  const parts = ['roles', 'dead-letters', 'migration', 'options'].map((name) => `lib/template/${name}.yml`);
  for (const file of [...files, ...parts]) expect(read('serverless.yml')).toContain(`- \${file(${file})}`);
});
