import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

const metrics = new Metrics({ namespace: 'Plinth', serviceName: 'plinth' });

/** Emits one invocation as CloudWatch EMF: a log line, no call. Dimensions are bounded: the route or job, never a path. */
export function recordInvocation(invocation: {
  operation: string;
  durationMs: number;
  isFault: boolean;
  isColdStart: boolean;
}): void {
  metrics.addDimension('operation', invocation.operation);
  metrics.addMetric('DurationMs', MetricUnit.Milliseconds, invocation.durationMs);
  metrics.addMetric('Faults', MetricUnit.Count, invocation.isFault ? 1 : 0);
  metrics.addMetric('ColdStarts', MetricUnit.Count, invocation.isColdStart ? 1 : 0);
  metrics.publishStoredMetrics();
}
