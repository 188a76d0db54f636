import { type Fields, isFields, listOf, ofType, type Template, targetOf } from './template.ts';

/** What every function, schedule and queue has to have, so that nothing fails unseen. */
export function checkFunctions(template: Template): string[] {
  const functions = ofType(template, 'AWS::Lambda::Function');
  const started = listAsynchronous(template);
  return [
    ...functions.flatMap(([name, properties]) => checkFunction(template, name, properties)),
    ...started.flatMap((name) => checkGivenUp(template, name)),
    ...checkStarters(template),
    ...ofType(template, 'AWS::Logs::LogGroup')
      .filter(([, { RetentionInDays }]) => !RetentionInDays)
      .map(([name]) => `${name} keeps its lines for ever`),
    ...ofType(template, 'AWS::SQS::Queue').flatMap(([name, properties]) =>
      checkQueue(template, name, properties),
    ),
  ];
}

/** The functions that are called without anybody who waits for the answer. */
export function listAsynchronous(template: Template): string[] {
  const schedules = ofType(template, 'AWS::Scheduler::Schedule').map(
    ([, { Target }]) => (Target as Fields).Arn,
  );
  const rules = ofType(template, 'AWS::Events::Rule').flatMap(([, { Targets }]) =>
    listOf(Targets).map((target) => (target as Fields).Arn),
  );
  const called = Object.values(template.Resources)
    .filter(({ Type }) => Type.startsWith('Custom::'))
    .map(({ Properties }) => Properties?.ServiceToken);
  const targets = [...schedules, ...rules, ...called].map(targetOf);
  return [...new Set(targets.filter((name) => name !== undefined))];
}

function checkFunction(template: Template, name: string, { FunctionName, Role }: Fields): string[] {
  const group = ofType(template, 'AWS::Logs::LogGroup').find(
    ([, { LogGroupName }]) => LogGroupName === `/aws/lambda/${FunctionName}`,
  );
  return [
    ...(group ? [] : [`${name} has no log group: Lambda would make one that keeps its lines for ever`]),
    ...(isWatched(template, { Ref: name }) ? [] : [`${name} is in no alarm`]),
    ...(targetOf(Role) ? [] : [`${name} has no role of this template`]),
    ...(isMigratedBefore(template, name) ? [] : [`${name} does not wait for the migration of the database`]),
  ];
}

/** The platform does not try again, and writes down what it gives up. */
function checkGivenUp(template: Template, name: string): string[] {
  const [, settings] =
    ofType(template, 'AWS::Lambda::EventInvokeConfig').find(
      ([, { FunctionName }]) => targetOf(FunctionName) === name,
    ) ?? [];
  const config = settings?.DestinationConfig as { OnFailure?: Fields } | undefined;
  const queue = targetOf(config?.OnFailure?.Destination);
  const role = targetOf(template.Resources[name]?.Properties?.Role) ?? '';
  const policies = JSON.stringify(template.Resources[role]?.Properties?.Policies ?? []);
  return [
    ...(settings?.MaximumRetryAttempts === 0 ? [] : [`${name}: Lambda would try a failed event again`]),
    ...(isQueue(template, queue) ? [] : [`${name} has no dead letters`]),
    ...(policies.includes('sqs:SendMessage') ? [] : [`${name} may not write its dead letters`]),
  ];
}

function checkStarters(template: Template): string[] {
  const schedules = ofType(template, 'AWS::Scheduler::Schedule').map(
    ([name, { Target }]) => [name, Target] as const,
  );
  const rules = ofType(template, 'AWS::Events::Rule').flatMap(([name, { Targets }]) =>
    listOf(Targets).map((target) => [name, target] as const),
  );
  return [...schedules, ...rules].flatMap(([name, target]) => {
    const { RetryPolicy, DeadLetterConfig } = target as { RetryPolicy?: Fields; DeadLetterConfig?: Fields };
    return [
      ...(RetryPolicy?.MaximumRetryAttempts === 0 ? [] : [`${name} would be delivered again`]),
      ...(isQueue(template, targetOf(DeadLetterConfig?.Arn)) ? [] : [`${name} has no dead letters`]),
    ];
  });
}

function checkQueue(template: Template, name: string, properties: Fields): string[] {
  const isEncrypted = properties.SqsManagedSseEnabled === true || properties.KmsMasterKeyId !== undefined;
  return [
    ...(isEncrypted ? [] : [`${name} is not encrypted`]),
    ...(isWatched(template, properties.QueueName) ? [] : [`${name} is in no alarm`]),
  ];
}

/** Whether an alarm that tells somebody reads a metric with this dimension. */
function isWatched(template: Template, dimension: unknown): boolean {
  return ofType(template, 'AWS::CloudWatch::Alarm').some(
    ([, { Metrics, AlarmActions }]) =>
      listOf(AlarmActions).length > 0 &&
      JSON.stringify(Metrics ?? '').includes(`"Value":${JSON.stringify(dimension)}`),
  );
}

function isQueue({ Resources }: Template, name: string | undefined): boolean {
  return name !== undefined && Resources[name]?.Type === 'AWS::SQS::Queue';
}

/** New code meets the new schema: CloudFormation updates what waits for a resource after it. */
function isMigratedBefore({ Resources }: Template, name: string): boolean {
  const migration = Object.entries(Resources).find(([, { Type }]) => Type === 'Custom::DatabaseMigration');
  if (!migration) return false;
  const [id, { Properties }] = migration;
  const isMigration = isFields(Properties) && targetOf(Properties.ServiceToken) === name;
  return isMigration || [Resources[name]?.DependsOn].flat().includes(id);
}
