import { countOf, countUpTo, mergeHistograms } from '#lib/observability/histogram.ts';
import type { Measured } from './read-measurements.ts';
import type { MetricFamily, Sample } from './render-exposition.ts';

/** What operations are counted as that came after the limit was reached. */
export const otherOperations = '__other__';

// Powers of two in ms, so that the counts are exact (lib/observability/histogram.ts).
const requestBordersMs = [4, 16, 64, 128, 256, 512, 1024, 2048, 8192];
const runBordersMs = [64, 256, 1024, 4096, 16_384, 65_536, 262_144];

// 12 of the histogram, 4 classes of status, cold starts: 114 operations and the others make 1,955 series of the 2,000 we promise.
const operationsAtMost = 114;

const statusClasses = ['2xx', '3xx', '4xx', '5xx'] as const;

/**
 * Counters and histograms since ever. Operations beyond the limit count together as `__other__`; those that were seen first keep
 * their names, so that no counter ever goes down.
 */
export function toFamilies(totals: readonly Measured[]): MetricFamily[] {
  const kept = new Set([...new Set(totals.map(({ operation }) => operation))].slice(0, operationsAtMost));
  const byOperation = (measured: readonly Measured[]) => [
    ...Map.groupBy(measured, ({ operation }) => (kept.has(operation) ? operation : otherOperations)),
  ];
  const isRun = ({ outcome }: Measured) => ['succeeded', 'failed'].includes(outcome);
  const requests = byOperation(totals.filter((measured) => !isRun(measured)));
  const runs = byOperation(totals.filter(isRun));
  return [
    {
      name: 'plinth_requests',
      type: 'counter',
      help: 'Requests answered by all instances.',
      samples: requests.flatMap(([operation, groups]) =>
        statusClasses.map((status) => ({
          labels: { operation, status },
          value: sum(groups, ({ outcome }) => outcome[0] === status[0]),
        })),
      ),
    },
    {
      name: 'plinth_request_duration_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'How long requests took in the functions.',
      samples: requests.flatMap(([operation, groups]) =>
        toHistogram({ operation }, groups, requestBordersMs),
      ),
    },
    {
      name: 'plinth_cold_starts',
      type: 'counter',
      help: 'Requests and runs that were the first of their instance.',
      // Of both at once: a series may be there once only, also that of the others.
      samples: byOperation(totals).map(([operation, groups]) => ({
        labels: { operation },
        value: sum(groups, ({ isCold }) => isCold),
      })),
    },
    {
      name: 'plinth_job_runs',
      type: 'counter',
      help: 'Runs of scheduled jobs, by how they ended.',
      samples: runs.flatMap(([job, groups]) =>
        ['succeeded', 'failed'].map((outcome) => ({
          labels: { job, outcome },
          value: sum(groups, (group) => group.outcome === outcome),
        })),
      ),
    },
    {
      name: 'plinth_job_duration_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'How long runs took.',
      samples: runs.flatMap(([job, groups]) => toHistogram({ job }, groups, runBordersMs)),
    },
  ];
}

function sum(groups: readonly Measured[], counts: (group: Measured) => boolean): number {
  return groups.reduce((total, group) => (counts(group) ? total + group.count : total), 0);
}

function toHistogram(
  labels: Record<string, string>,
  groups: readonly Measured[],
  bordersMs: readonly number[],
): Sample[] {
  const merged = mergeHistograms(groups.map(({ histogram }) => histogram));
  const count = countOf(merged);
  const bucket = (le: string, value: number) => ({ suffix: '_bucket', labels: { ...labels, le }, value });
  return [
    ...bordersMs.map((border) => bucket(String(border / 1000), countUpTo(merged, border))),
    bucket('+Inf', count),
    { suffix: '_sum', labels, value: groups.reduce((total, { durationUs }) => total + durationUs, 0) / 1e6 },
    { suffix: '_count', labels, value: count },
  ];
}
