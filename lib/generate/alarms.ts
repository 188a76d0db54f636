import { defaultTimeoutSeconds } from '#lib/http/endpoint-spec.ts';
import { nextTimes, parseSchedule } from '#lib/jobs/schedule.ts';
import {
  apiMetric,
  deadLetterQueues,
  lambdaMetric,
  type Metric,
  operationMetric,
  queueMetric,
  serviceMetric,
} from './cloudwatch-metric.ts';
import type { EndpointOperation, JobOperation } from './load-operations.ts';

/** docs/on-call/ has a page for each kind: what it means, where to look, what to do. */
export const alarmKinds = [
  'faults',
  'latency',
  'apiFaults',
  'throttles',
  'overdueJob',
  'failedRuns',
  'deadLetters',
  'missedRuns',
  'deadRuns',
  'failingChecks',
  'warningChecks',
  'openBreakers',
  'gateAway',
  'acceptedForgeries',
] as const;

export interface Alarm {
  readonly kind: (typeof alarmKinds)[number];
  /** What it is about where a kind has several: in the name of the alarm. */
  readonly subject: string;
  readonly description: string;
  /** At most ten: what a metric-math alarm may read. `m1` … in the expression. */
  readonly metrics: readonly Metric[];
  /** Left out where there is one metric, which is watched as it is. */
  readonly expression?: string;
  readonly periodSeconds: number;
  /** Of the last `of` periods, how many have to be beyond the threshold. */
  readonly periods: { readonly bad: number; readonly of: number };
  readonly when: { readonly operator: '>' | '<'; readonly threshold: number };
  readonly missing: 'notBreaching' | 'breaching';
}

export interface Watched {
  readonly endpoints: readonly EndpointOperation[];
  readonly jobs: readonly JobOperation[];
  /** The Lambdas, by their names in functions.yml. */
  readonly functionNames: readonly string[];
}

const metricsAtMost = 10;
const defaultObjectiveMs = 1_000;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
// CloudWatch looks back seven days at most; the rest is for the ledger of the jobs.
const longestWatchedMs = 6 * 24 * hourMs;

// Five minutes: long enough for a percentile, short enough to wake somebody. Two of three: one failed request of a quiet route is no alarm,
// and a real outage rings after ten minutes at the latest.
const usual = {
  periodSeconds: 300,
  periods: { bad: 2, of: 3 },
  when: { operator: '>', threshold: 0 },
  missing: 'notBreaching',
} as const;

/** What the p99 of a route has to stay below: a second; half of its time-out where it has one of its own. */
export function objectiveMsOf({ spec }: EndpointOperation): number {
  const { timeoutSeconds = defaultTimeoutSeconds } = spec;
  return timeoutSeconds === defaultTimeoutSeconds ? defaultObjectiveMs : (timeoutSeconds * 1_000) / 2;
}

/** Every alarm of the service. A route is in two, which it shares with others of its area; a job has one of its own. */
export function listAlarms({ endpoints, jobs, functionNames }: Watched): Alarm[] {
  const areas = [...new Set(endpoints.map(({ area }) => area))];
  return [
    ...areas.flatMap((area) => watchRoutes(area, inArea(endpoints, area))),
    ...jobs.filter(isWatchable).map(watchJob),
    ...inGroups('jobs', jobs).map(([subject, group]) => watchRuns(subject, group)),
    ...deadLetterQueues.map(watchDeadLetters),
    ...inGroups('functions', functionNames).map(([subject, group]) => watchThrottles(subject, group)),
    ...watchService(),
  ];
}

function watchRoutes(area: string, endpoints: readonly EndpointOperation[]): Alarm[] {
  return inGroups(area, endpoints).flatMap(([subject, group]): Alarm[] => [
    {
      ...usual,
      kind: 'faults',
      subject,
      description: `More than 5 % of the requests of a route fail (5xx): ${namesOf(group)}`,
      metrics: group.map(({ spec }) => operationMetric('Faults', spec.id, 'Average')),
      expression: `100 * ${largestOf(group.map((_, index) => `FILL(m${index + 1}, 0)`))}`,
      when: { operator: '>', threshold: 5 },
    },
    {
      ...usual,
      kind: 'latency',
      subject,
      description: `The p99 of a route is above its objective: ${group.map((operation) => `${operation.spec.id} ${objectiveMsOf(operation)} ms`).join(', ')}`,
      metrics: group.map(({ spec }) => operationMetric('DurationMs', spec.id, 'p99')),
      expression: largestOf(
        group.map((operation, index) => `FILL(m${index + 1}, 0) / ${objectiveMsOf(operation)}`),
      ),
      // In a quiet route the p99 is the slowest request: once is a cold start.
      periods: { bad: 3, of: 3 },
      when: { operator: '>', threshold: 1 },
    },
  ]);
}

/** Rings for a job that is never started as for one that only fails. */
function watchJob({ spec }: JobOperation): Alarm {
  const intervalMs = intervalOf(spec);
  const periodMs = intervalMs < hourMs ? 5 * minuteMs : hourMs;
  // A second run, or two hours to look at one of a rare job; and the period that is not over.
  const allowedMs = intervalMs + Math.min(intervalMs, 2 * hourMs);
  const count = Math.ceil(allowedMs / periodMs) + 1;
  return {
    kind: 'overdueJob',
    subject: spec.id,
    description: `The job ${spec.id}, ${spec.schedule}, has had no run that succeeded for ${(count * periodMs) / minuteMs} minutes`,
    // Also of runs that the dispatcher carries out.
    metrics: [
      operationMetric('DurationMs', spec.id, 'SampleCount'),
      operationMetric('Faults', spec.id, 'Sum'),
    ],
    expression: 'FILL(m1, 0) - FILL(m2, 0)',
    periodSeconds: periodMs / 1_000,
    periods: { bad: count, of: count },
    when: { operator: '<', threshold: 1 },
    missing: 'breaching',
  };
}

function watchRuns(subject: string, jobs: readonly JobOperation[]): Alarm {
  // What runs every few minutes makes up for a failure by itself, and what is enqueued is tried again.
  const tolerated = jobs.map(({ spec }) => (!spec.schedule || intervalOf(spec) < hourMs ? 3 : 1));
  return {
    ...usual,
    kind: 'failedRuns',
    subject,
    description: `A job failed three times in 15 minutes, or once if it runs hourly or less: ${namesOf(jobs)}`,
    metrics: jobs.map(({ spec }) => operationMetric('Faults', spec.id, 'Sum')),
    expression: largestOf(tolerated.map((count, index) => `FILL(m${index + 1}, 0) / ${count}`)),
    periodSeconds: 900,
    periods: { bad: 1, of: 1 },
    // Three thirds need not be exactly 1.
    when: { operator: '>', threshold: 0.9 },
  };
}

/** Rings until somebody has looked and emptied the queue. */
function watchDeadLetters(queue: (typeof deadLetterQueues)[number]): Alarm {
  const events = { function: 'Lambda gave an event up', schedule: 'EventBridge could not start a job' };
  return {
    ...usual,
    kind: 'deadLetters',
    subject: queue,
    description: events[queue],
    metrics: [queueMetric(queue)],
    periods: { bad: 1, of: 1 },
  };
}

function watchThrottles(subject: string, functionNames: readonly string[]): Alarm {
  return {
    ...usual,
    kind: 'throttles',
    subject,
    description: `Lambda turned requests away: ${functionNames.join(', ')}`,
    metrics: functionNames.map((name) => lambdaMetric('Throttles', name)),
    expression: sumOf(functionNames.length),
    // A throttled request is a client's 503 already.
    periods: { bad: 1, of: 1 },
  };
}

function watchService(): Alarm[] {
  const one = { ...usual, subject: '' };
  return [
    {
      ...one,
      kind: 'apiFaults',
      description:
        'More than 1 % of all requests fail (5xx), those included that no function of ours answered',
      metrics: [apiMetric('5xx'), apiMetric('Count')],
      expression: '100 * FILL(m1, 0) / m2',
      when: { operator: '>', threshold: 1 },
    },
    {
      ...one,
      kind: 'missedRuns',
      description: 'A job was not started at its time',
      metrics: [serviceMetric('JobRunsMissed', 'Sum')],
      // The sweep sees it three minutes after the slot; it shall ring within five.
      periodSeconds: 60,
      periods: { bad: 1, of: 1 },
    },
    {
      ...one,
      kind: 'deadRuns',
      description: 'A run of a job was given up: it failed for good, in its last attempt, or timed out',
      metrics: [serviceMetric('JobRunsDead', 'Sum')],
      periodSeconds: 60,
      periods: { bad: 1, of: 1 },
    },
    {
      ...one,
      kind: 'failingChecks',
      description: 'A critical check of health fails, or nobody looks',
      metrics: [serviceMetric('FailingChecks', 'Maximum')],
      // The job looks every minute; a late run and a single failure are no alarm.
      periodSeconds: 60,
      periods: { bad: 3, of: 5 },
      missing: 'breaching',
    },
    {
      ...one,
      kind: 'warningChecks',
      description: 'A check of health warns for a quarter of an hour',
      metrics: [serviceMetric('WarningChecks', 'Minimum')],
      periods: { bad: 3, of: 3 },
    },
    {
      ...one,
      kind: 'openBreakers',
      description: 'A service that we call is not called at the moment',
      metrics: [serviceMetric('OpenBreakers', 'Maximum')],
    },
    {
      ...one,
      kind: 'gateAway',
      description: 'Requests are counted without Redis',
      metrics: ['local', 'strict', 'refused'].map((mode) => serviceMetric('GateAway', 'Sum', { mode })),
      expression: sumOf(3),
    },
    {
      ...one,
      kind: 'acceptedForgeries',
      description: 'A forged credential was accepted',
      metrics: [serviceMetric('AcceptedForgeries', 'Maximum')],
      periods: { bad: 1, of: 1 },
    },
  ];
}

function isWatchable({ spec }: JobOperation): boolean {
  return intervalOf(spec) <= longestWatchedMs;
}

/** How far apart the next two slots are; Infinity for a job that has none. */
function intervalOf({ schedule, timezone, dst }: JobOperation['spec']): number {
  if (!schedule) return Number.POSITIVE_INFINITY;
  const [first, second] = nextTimes(parseSchedule(schedule), { after: new Date(0), count: 2, timezone, dst });
  return first && second ? second.getTime() - first.getTime() : Number.POSITIVE_INFINITY;
}

function inArea(endpoints: readonly EndpointOperation[], area: string): EndpointOperation[] {
  return endpoints.filter((endpoint) => endpoint.area === area);
}

/** Named groups that an alarm can hold. */
function inGroups<T>(name: string, all: readonly T[]): [string, T[]][] {
  return Array.from({ length: Math.ceil(all.length / metricsAtMost) }, (_, index) => [
    `${name}-${index + 1}`,
    all.slice(index * metricsAtMost, (index + 1) * metricsAtMost),
  ]);
}

// Functions of lists pass over a series without data, where `+` would give nothing. Of a single series they would make one number.
function largestOf(expressions: readonly string[]): string {
  return expressions.length === 1 ? `(${expressions[0]})` : `MAX([${expressions.join(', ')}])`;
}

function sumOf(count: number): string {
  const filled = Array.from({ length: count }, (_, index) => `FILL(m${index + 1}, 0)`);
  return count === 1 ? String(filled[0]) : `SUM([${filled.join(', ')}])`;
}

function namesOf(operations: readonly (EndpointOperation | JobOperation)[]): string {
  return operations.map(({ spec }) => spec.id).join(', ');
}
