/** A metric of CloudWatch with its statistic; a dimension may be what another resource of the template is called. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string | { readonly ref: string }>>;
  readonly stat: string;
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: Serverless fills it in.
export const stage = '${sls:stage}';

// As lib/observability/metrics.ts emits them; a test compares.
const ofService = { service: 'plinth', stage };

/** What every request and every run emits. */
export function operationMetric(
  name: 'DurationMs' | 'Faults' | 'ColdStarts',
  operation: string,
  stat: string,
): Metric {
  return { namespace: 'Plinth', name, dimensions: { ...ofService, operation }, stat };
}

/** What the service emits as a whole. */
export function serviceMetric(
  name: string,
  stat: string,
  dimensions: Readonly<Record<string, string>> = {},
): Metric {
  return { namespace: 'Plinth', name, dimensions: { ...ofService, ...dimensions }, stat };
}

/** What Lambda itself counts of a function: also what dies before it can emit anything. */
export function lambdaMetric(name: string, functionName: string, stat = 'Sum'): Metric {
  const dimensions = { FunctionName: { ref: logicalIdOfFunction(functionName) } };
  return { namespace: 'AWS/Lambda', name, dimensions, stat };
}

/** What waits in a queue of lib/template/dead-letters.yml. */
export function queueMetric(queue: (typeof deadLetterQueues)[number]): Metric {
  const dimensions = { QueueName: `plinth-${stage}-${queue}-dead-letters` };
  return { namespace: 'AWS/SQS', name: 'ApproximateNumberOfMessagesVisible', dimensions, stat: 'Maximum' };
}

export const deadLetterQueues = ['function', 'schedule'] as const;

/** What osls calls the resource of a function. */
export function logicalIdOfFunction(name: string): string {
  return `${name[0]?.toUpperCase()}${name.slice(1)}LambdaFunction`;
}

/** What API Gateway counts of all routes together. */
export function apiMetric(name: '4xx' | '5xx' | 'Count' | 'Latency', stat = 'Sum'): Metric {
  return { namespace: 'AWS/ApiGateway', name, dimensions: { ApiId: { ref: 'HttpApi' } }, stat };
}
