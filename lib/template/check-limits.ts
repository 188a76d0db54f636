import { isFields, ofType, type Template } from './template.ts';

// CloudFormation accepts 500 in a stack: the rest is room for what is added in a hurry.
export const resourcesAtMost = 400;
// From S3, as osls sends it.
export const templateBytesAtMost = 1_048_576;
const environmentBytesAtMost = 4_096;
const nameAtMost = 64;
const nameProperties = [
  ['AWS::Lambda::Function', 'FunctionName'],
  ['AWS::Scheduler::Schedule', 'Name'],
  ['AWS::SQS::Queue', 'QueueName'],
] as const;
// Lambda sets them itself and refuses a function that does.
const reserved =
  /^(AWS_(REGION|DEFAULT_REGION|LAMBDA_\w+|ACCESS_KEY(_ID)?|SECRET_ACCESS_KEY|SESSION_TOKEN|EXECUTION_ENV)|_HANDLER|_X_AMZN_TRACE_ID|LAMBDA_\w+_(DIR|ROOT)|TZ)$/;

/** What AWS accepts no more of. */
export function checkLimits(template: Template): string[] {
  const resources = Object.keys(template.Resources).length;
  const bytes = sizeOf(template);
  return [
    ...(resources > resourcesAtMost
      ? [`${resources} resources: deploy a rarely called area as one Lambda (units in functions/generate.ts)`]
      : []),
    ...(bytes > templateBytesAtMost
      ? [`The template has ${bytes} bytes, ${templateBytesAtMost} at most`]
      : []),
    ...ofType(template, 'AWS::Lambda::Function').flatMap(([name, { Environment }]) =>
      checkEnvironment(name, isFields(Environment) ? Environment.Variables : {}),
    ),
    ...checkNames(template),
  ];
}

export function sizeOf(template: Template): number {
  return Buffer.byteLength(JSON.stringify(template));
}

function checkEnvironment(name: string, variables: unknown): string[] {
  const entries = isFields(variables) ? Object.entries(variables) : [];
  // What CloudFormation fills in is counted as it is written here, which is longer.
  const bytes = entries.reduce(
    (sum, [key, value]) => sum + key.length + Buffer.byteLength(JSON.stringify(value)),
    0,
  );
  return [
    ...entries
      .filter(([key]) => reserved.test(key))
      .map(([key]) => `${name}: Lambda reserves the variable ${key}`),
    ...(bytes > environmentBytesAtMost
      ? [`${name}: ${bytes} bytes of environment, ${environmentBytesAtMost} at most`]
      : []),
  ];
}

function checkNames(template: Template): string[] {
  return nameProperties.flatMap(([type, property]) => {
    const names = ofType(template, type).map(([, properties]) => String(properties[property] ?? ''));
    const given = names.filter((name) => name !== '');
    return [
      ...given
        .filter((name) => name.length > nameAtMost)
        .map((name) => `${name} is longer than ${nameAtMost}`),
      ...given
        .filter((name, index) => given.indexOf(name) !== index)
        .map((name) => `Two of ${type} are called ${name}`),
    ];
  });
}
