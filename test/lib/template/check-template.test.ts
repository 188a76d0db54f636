import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import { describe, expect, test } from 'vitest';
import { checkTemplate, describeTemplate } from '#lib/template/check-template.ts';
import type { Template } from '#lib/template/template.ts';
import { attribute, metric, soundTemplate } from '#test/support/sound-template.ts';

const schemas = loadAwsServiceSpecSync();
const check = (template: object) => checkTemplate(template as Template, schemas);

/** The sound template with one thing changed, or gone. `Job: a.b` is in the properties of the resource, other paths are whole. */
function change(path: string, value: unknown): object {
  const template = soundTemplate();
  const keys = path.replace(/^(\w+): /, 'Resources.$1.Properties.').split('.');
  const last = keys.pop() as string;
  const parent = keys.reduce((node, key) => node[key] as typeof node, template as Record<string, unknown>);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return template;
}

const statement = 'ApiRole: Policies.0.PolicyDocument.Statement.0';
const everything = { Statement: [{ Effect: 'Allow', Action: 'a:B', Resource: '*' }] };
const ref = (Ref: string) => ({ Ref });
const either = (...branches: unknown[]) => ({ 'Fn::If': ['HasDomain', ...branches] });

test('a sound template has no findings', () => {
  expect(check(soundTemplate())).toEqual([]);
  expect(describeTemplate(soundTemplate() as Template).join('\n')).toMatch(/resources +17 of 400/);
});

type Case = [path: string, value: unknown, finding: RegExp];
const whatIsFound: Record<string, Case[]> = {
  'CloudFormation would refuse': [
    ['Resources.Dead.Type', 'AWS::SQS::Cue', /^Dead: there is no type AWS::SQS::Cue$/],
    ['Read: Code', undefined, /^Read\.Code is missing$/],
    ['Read: Timout', 3, /^Read\.Timout is not a property$/],
    ['Schedule: Target.RetryPolicy.Max', 0, /^Schedule\.Target\.RetryPolicy\.Max is not a property$/],
    ['Alarm: Metrics.0.MetricStat.Stat', undefined, /^Alarm\.Metrics\[0\]\.MetricStat\.Stat is missing$/],
    ['Read: Timeout', 'ten', /^Read\.Timeout is "ten", not an integer$/],
    ['Read: Timeout', 1.5, /^Read\.Timeout is 1\.5, not an integer$/],
    ['Alarm: Threshold', 'high', /^Alarm\.Threshold is "high", not a number$/],
    ['Dead: FifoQueue', 'no', /^Dead\.FifoQueue is "no", not a boolean$/],
    ['Schedule: State', 'ON', /State is "ON", not one of ENABLED, DISABLED$/],
    ['Read: Architectures', 'arm64', /Architectures is "arm64", not a list$/],
    ['Read: Code', 'a.zip', /^Read\.Code is "a\.zip", not an object$/],
    ['Read: Tags.0', { stage: 'dev' }, /Tags\[0\] is .+, not a tag$/],
    ['Read: Environment.Variables', 'A=1', /Variables is "A=1", not a map$/],
    ['Domain: DomainName', either(['a'], 'b'), /DomainName is \["a"\], not a text$/],
    ['Migration: ServiceToken', undefined, /^Migration has no ServiceToken$/],
  ],
  'refers to what is not there': [
    ['Alarm: AlarmActions.0', ref('Tropic'), /^Alarm refers to Tropic, which is not in the template$/],
    ['Read: Role', attribute('ApiRole', 'Name'), /^Read: ApiRole has no attribute Name$/],
    ['Topic: TopicName', { 'Fn::Sub': `a-\${Nobody.Arn}` }, /^Topic refers to Nobody/],
    ['Resources.Read.DependsOn', ['Migration', 'Nobody'], /^Read refers to Nobody/],
    ['Topic: TopicName', ref('Domain'), /^Topic refers to Domain, which is only there when HasDomain$/],
    ['Topic: TopicName', either('a', ref('Domain')), /only there when HasDomain$/],
    ['Outputs.Target.Condition', undefined, /^output Target refers to Domain, which is only there/],
    ['Resources.Domain.Condition', 'HasDomian', /^There is no condition HasDomian$/],
    ['Resources.Migrate.DependsOn', ['Migration'], /^In a circle: Migration -> Migrate -> Migration$/],
  ],
  'allows too much': [
    [
      'ApiRole: Policies.0',
      { PolicyName: 'x', PolicyDocument: everything },
      /^ApiRole, x: an Allow has a \*/,
    ],
    [`${statement}.Action`, 'logs:*', /each action is named, not "logs:\*"$/],
    [`${statement}.Resources`, 'x', /a statement has no Resources$/],
    [`${statement}.Resource`, undefined, /a statement needs Effect, Action and Resource$/],
    [
      `${statement}.Action`,
      'ses:SendEmail',
      /^ApiRole serves requests and may ses:SendEmail: that is for jobs$/,
    ],
    ['ApiRole: ManagedPolicyArns', ['arn:aws:iam::aws:policy/Admin'], /reason is given for .* policy Admin$/],
    ['ApiRole: AssumeRolePolicyDocument.Statement.0.Principal', '*', /^ApiRole may be assumed by others/],
  ],
  'would fail unseen': [
    ['Resources.ReadLogs', undefined, /^Read has no log group/],
    ['ReadLogs: RetentionInDays', undefined, /^ReadLogs keeps its lines for ever$/],
    ['Alarm: Metrics.0', metric('FunctionName', 'other'), /^Read is in no alarm$/],
    ['Alarm: AlarmActions', [], /^Job is in no alarm$/],
    ['Read: Role', 'arn:aws:iam::1:role/x', /^Read has no role of this template$/],
    ['Resources.Read.DependsOn', undefined, /^Read does not wait for the migration/],
    ['Resources.Migration.Type', 'Custom::Other', /^Job does not wait for the migration/],
    ['JobEvents: MaximumRetryAttempts', 2, /^Job: Lambda would try a failed event again$/],
    ['Resources.MigrateEvents', undefined, /^Migrate: Lambda would try a failed event again$/],
    ['JobEvents: DestinationConfig', {}, /^Job has no dead letters$/],
    ['JobRole: Policies', [], /^Job may not write its dead letters$/],
    ['Schedule: Target.RetryPolicy', undefined, /^Schedule would be delivered again$/],
    ['Schedule: Target.DeadLetterConfig', undefined, /^Schedule has no dead letters$/],
    ['Dead: SqsManagedSseEnabled', undefined, /^Dead is not encrypted$/],
    ['Dead: QueueName', 'other', /^Dead is in no alarm$/],
  ],
  'is more than AWS takes': [
    ['Read: Environment.Variables.AWS_REGION', 'x', /^Read: Lambda reserves the variable AWS_REGION$/],
    ['Read: Environment.Variables.LONG', 'x'.repeat(4_096), /bytes of environment, 4096 at most$/],
    ['Read: FunctionName', 'x'.repeat(65), /^x+ is longer than 64$/],
    ['Job: FunctionName', 'read', /^Two of AWS::Lambda::Function are called read$/],
    ['Topic: DisplayName', 'x'.repeat(2 ** 20), /^The template has \d+ bytes, 1048576 at most$/],
  ],
};

describe.each(Object.entries(whatIsFound))('a template is not deployed that %s', (_, cases) => {
  test.each(cases)('%s', (path, value, finding) => {
    expect(check(change(path, value))).toContainEqual(expect.stringMatching(finding));
  });
});

test('a rule of EventBridge needs what a schedule needs', () => {
  const Rule = { Type: 'AWS::Events::Rule', Properties: { Targets: [{ Id: 'a', Arn: attribute('Read') }] } };
  const findings = check(change('Resources.Rule', Rule));
  expect(findings).toContain('Rule would be delivered again');
  expect(findings).toContain('Rule has no dead letters');
  expect(findings).toContain('Read: Lambda would try a failed event again');
});

test('a template with no room for what is added in a hurry is not deployed', () => {
  const { Resources, ...rest } = soundTemplate();
  const topics = Array.from({ length: 400 }, (_, index) => [`Topic${index}`, { Type: 'AWS::SNS::Topic' }]);
  expect(check({ ...rest, Resources: { ...Resources, ...Object.fromEntries(topics) } })).toEqual([
    expect.stringMatching(/^417 resources: deploy/),
  ]);
});
