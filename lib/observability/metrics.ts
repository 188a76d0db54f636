import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { getStage } from '#lib/config/stage.ts';

const metrics = new Metrics({
  namespace: 'Plinth',
  serviceName: 'plinth',
  defaultDimensions: { stage: getStage() },
});

/** Emits that a request was counted without Redis: up to the limit, up to a strict share of it, or that it was refused. */
export function recordCountedAlone(mode: 'local' | 'strict' | 'refused'): void {
  const single = metrics.singleMetric();
  single.addDimension('mode', mode);
  single.addMetric('GateAway', MetricUnit.Count, 1);
}

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

/** Emits how many credentials got in that must not: an alarm waits for anything but 0. */
export function recordAcceptedForgeries(count: number): void {
  metrics.addMetric('AcceptedForgeries', MetricUnit.Count, count);
  metrics.publishStoredMetrics();
}

/** Emits what the job that looks at everything saw; without it the alarm of the failing checks rings. */
export function recordChecks(seen: { failing: number; warning: number; openBreakers: number }): void {
  metrics.addMetric('FailingChecks', MetricUnit.Count, seen.failing);
  metrics.addMetric('WarningChecks', MetricUnit.Count, seen.warning);
  metrics.addMetric('OpenBreakers', MetricUnit.Count, seen.openBreakers);
  metrics.publishStoredMetrics();
}
