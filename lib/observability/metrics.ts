import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { getStage } from '#lib/config/stage.ts';

// The numbers of a line, the only parts of it that differ between two invocations of an operation.
const numbers = /(?<="(?:Timestamp|DurationMs|Faults|ColdStarts)":)\d+/;

/**
 * Powertools' metrics, which make the line of an operation once; then its numbers are filled in. To check, store and serialize them anew
 * was a third of the whole pipeline.
 */
class LineMetrics extends Metrics {
  // The texts around the numbers: as many as there are operations.
  readonly #lines = new Map<string, readonly string[]>();

  printInvocation(operation: string, durationMs: number, faults: number, coldStarts: number): void {
    if (this.isDisabled()) return;
    const [start, toDuration, toFaults, toColdStarts, end] =
      this.#lines.get(operation) ?? this.#cutLine(operation);
    // biome-ignore lint/complexity/useLiteralKeys: the bracket reaches what Powertools declares private.
    this['console'].log(
      `${start}${Date.now()}${toDuration}${durationMs}${toFaults}${faults}${toColdStarts}${coldStarts}${end}`,
    );
  }

  #cutLine(operation: string): readonly string[] {
    this.addDimension('operation', operation);
    this.addMetric('DurationMs', MetricUnit.Milliseconds, 0);
    this.addMetric('Faults', MetricUnit.Count, 0);
    this.addMetric('ColdStarts', MetricUnit.Count, 0);
    const line = JSON.stringify(this.serializeMetrics()).split(numbers);
    this.clearMetrics();
    this.clearDimensions();
    this.#lines.set(operation, line);
    return line;
  }
}

const metrics = new LineMetrics({
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
  const { operation, durationMs, isFault, isColdStart } = invocation;
  metrics.printInvocation(operation, durationMs, Number(isFault), Number(isColdStart));
}

/** Emits how many credentials got in that must not: an alarm waits for anything but 0. */
export function recordAcceptedForgeries(count: number): void {
  metrics.addMetric('AcceptedForgeries', MetricUnit.Count, count);
  metrics.publishStoredMetrics();
}

/** Emits how many slots no event was delivered for, whether they run late or not. */
export function recordMissedRuns(count: number): void {
  metrics.addMetric('JobRunsMissed', MetricUnit.Count, count);
  metrics.publishStoredMetrics();
}

/** Emits how many runs were given up: failed for good, dead or timed out. */
export function recordDeadRuns(count: number): void {
  metrics.addMetric('JobRunsDead', MetricUnit.Count, count);
  metrics.publishStoredMetrics();
}

/** Emits what the job that looks at everything saw; without it the alarm of the failing checks rings. */
export function recordChecks(seen: { failing: number; warning: number; openBreakers: number }): void {
  metrics.addMetric('FailingChecks', MetricUnit.Count, seen.failing);
  metrics.addMetric('WarningChecks', MetricUnit.Count, seen.warning);
  metrics.addMetric('OpenBreakers', MetricUnit.Count, seen.openBreakers);
  metrics.publishStoredMetrics();
}
