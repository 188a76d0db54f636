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
  const logicalId = `${functionName[0]?.toUpperCase()}${functionName.slice(1)}LambdaFunction`;
  return { namespace: 'AWS/Lambda', name, dimensions: { FunctionName: { ref: logicalId } }, stat };
}

/** What API Gateway counts of all routes together. */
export function apiMetric(name: '4xx' | '5xx' | 'Count' | 'Latency', stat = 'Sum'): Metric {
  return { namespace: 'AWS/ApiGateway', name, dimensions: { ApiId: { ref: 'HttpApi' } }, stat };
}
