import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { alarmKinds, listAlarms, objectiveMsOf, type Watched } from '#lib/generate/alarms.ts';
import { logicalIdOf, renderAlarms } from '#lib/generate/alarms-yaml.ts';
import { stage as deployedStage, type Metric } from '#lib/generate/cloudwatch-metric.ts';
import { renderDashboard } from '#lib/generate/dashboard.ts';
import { functionNamesOf } from '#lib/generate/functions-yaml.ts';
import { type EndpointOperation, type JobOperation, loadOperations } from '#lib/generate/load-operations.ts';
import { renderOperationFacts } from '#lib/generate/operation-facts.ts';
import type { ScheduleExpression } from '#lib/jobs/schedule.ts';
import * as metrics from '#lib/observability/metrics.ts';

// Powertools reads it when the module of the metrics is imported.
vi.hoisted(() => {
  process.env.POWERTOOLS_METRICS_DISABLED = 'false';
});

const root = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const { endpoints, jobs } = await loadOperations();
const areas = [...new Set([...endpoints, ...jobs].map(({ area }) => area)), 'operations'];
const fragments = new Map(
  areas.map((area) => [`functions/${area}/functions.yml`, read(`functions/${area}/functions.yml`)]),
);
const watched: Watched = { endpoints, jobs, functionNames: functionNamesOf(fragments) };
const alarms = listAlarms(watched);

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly properties: {
    readonly metrics?: readonly (string | object)[][];
    readonly alarms?: readonly string[];
  };
}
const widgetsOf = (yaml: string): Widget[] => JSON.parse(yaml.slice(yaml.indexOf('{"widgets"'))).widgets;

const endpoint = (id: string, changed: Partial<EndpointOperation['spec']> = {}) => {
  const [first] = endpoints as [EndpointOperation];
  return { ...first, area: 'milestones', spec: { ...first.spec, id, ...changed } };
};
const job = (id: string, schedule: ScheduleExpression): JobOperation => {
  const [first] = jobs as [JobOperation];
  return { ...first, spec: { ...first.spec, id, schedule } };
};

describe('what is new is watched by itself', () => {
  const withMore: Watched = {
    endpoints: [...endpoints, endpoint('createMilestone')],
    jobs: [...jobs, job('closeMilestones', 'rate(1 hour)')],
    functionNames: [...watched.functionNames, 'createMilestone', 'closeMilestones'],
  };
  const kindsOf = (name: string) =>
    listAlarms(withMore)
      .filter((alarm) => JSON.stringify(alarm.metrics).includes(name))
      .map(({ kind }) => kind)
      .sort();

  test('a route: its failures and its latency, and its Lambda', () => {
    expect(kindsOf('"createMilestone"')).toEqual(['faults', 'latency']);
    expect(kindsOf('CreateMilestoneLambdaFunction')).toEqual(['throttles']);
    expect(renderDashboard(withMore)).toContain('"createMilestone"');
  });

  test('a job: that it is overdue, fails or is throttled', () => {
    const kinds = [...kindsOf('CloseMilestonesLambdaFunction'), ...kindsOf('closeMilestones')];
    expect(kinds.sort()).toEqual(['failedRuns', 'overdueJob', 'throttles']);
    expect(renderDashboard(withMore)).toContain('"FunctionName","$' + '{CloseMilestonesLambdaFunction}"');
  });

  test('the validation of the endpoints knows of a route without an alarm', () => {
    const factsWith = (yaml: string) => {
      const files = new Map([...fragments, ['functions/alarms.yml', yaml]]);
      const facts = JSON.parse(renderOperationFacts(withMore.endpoints, [], files)).endpoints;
      return facts
        .filter(({ hasAlarm }: { hasAlarm: boolean }) => !hasAlarm)
        .map(({ id }: { id: string }) => id);
    };
    expect(factsWith(renderAlarms(withMore))).toEqual([]);
    expect(factsWith(renderAlarms(watched))).toEqual(['createMilestone']);
    const withoutLatency = renderAlarms(withMore).replace(/"DurationMs"(?=.*"createMilestone")/, '"Other"');
    expect(factsWith(withoutLatency)).toEqual(['createMilestone']);
  });
});

describe('the objective of the p99', () => {
  test('is a second, and half of a time-out of its own', () => {
    expect(objectiveMsOf(endpoint('quick'))).toBe(1_000);
    expect(objectiveMsOf(endpoint('slow', { timeoutSeconds: 29 }))).toBe(14_500);
  });

  test('divides the latency of each route in the expression of its alarm', () => {
    const [, latency] = listAlarms({
      endpoints: [endpoint('quick'), endpoint('slow', { timeoutSeconds: 29 })],
      jobs: [],
      functionNames: [],
    });
    expect(latency?.expression).toBe('MAX([FILL(m1, 0) / 1000, FILL(m2, 0) / 14500])');
    expect(latency?.metrics.map(({ dimensions }) => dimensions.operation)).toEqual(['quick', 'slow']);
  });
});

test.each<[ScheduleExpression, number | undefined]>([
  ['rate(1 minute)', 10],
  ['rate(5 minutes)', 15],
  ['rate(30 minutes)', 65],
  ['rate(1 hour)', 180],
  ['rate(1 day)', 27 * 60],
  // The alarm cannot look back that far.
  ['rate(7 days)', undefined],
])('a job that runs at %s is overdue after %s minutes without a success', (schedule, minutes) => {
  const [alarm] = listAlarms({
    endpoints: [],
    jobs: [job('closeMilestones', schedule)],
    functionNames: [],
  }).filter(({ kind }) => kind === 'overdueJob');
  expect(alarm && (alarm.periodSeconds * alarm.periods.of) / 60).toBe(minutes);
  if (alarm) expect([alarm.missing, alarm.periods.bad]).toEqual(['breaching', alarm.periods.of]);
});

describe('CloudWatch accepts', () => {
  test.each(alarms.map((alarm) => [logicalIdOf(alarm), alarm] as const))('%s', (id, alarm) => {
    const { metrics: read, expression, periodSeconds, periods, description } = alarm;
    expect(id).toMatch(/^[A-Za-z0-9]+$/);
    expect(read.length).toBeLessThanOrEqual(10);
    if (expression === undefined) expect(read).toHaveLength(1);
    else {
      expect(expression.length).toBeLessThanOrEqual(2_048);
      expect([...expression.matchAll(/\bm\d+/g)].map(([name]) => name)).toEqual(
        read.map((_, index) => `m${index + 1}`),
      );
    }
    expect(description.length).toBeLessThan(900);
    expect(periods.bad).toBeLessThanOrEqual(periods.of);
    // It looks back a day, or seven of them with periods of an hour and more.
    expect(periodSeconds * periods.of).toBeLessThanOrEqual(periodSeconds < 3_600 ? 86_400 : 604_800);
  });

  test('no two alarms of one name', () => {
    expect(new Set(alarms.map(logicalIdOf)).size).toBe(alarms.length);
  });

  test('the dashboard: places of their own, and at most 500 widgets and 500 metrics in each', () => {
    const widgets = widgetsOf(read('functions/dashboard.yml'));
    expect(new Set(widgets.map(({ x, y }) => `${x} ${y}`)).size).toBe(widgets.length);
    expect(widgets.length).toBeLessThanOrEqual(500);
    for (const { properties } of widgets) expect(properties.metrics?.length ?? 0).toBeLessThanOrEqual(500);
    const shown = widgets.flatMap(({ properties }) => properties.alarms ?? []);
    expect(shown).toEqual(alarms.map((alarm) => `\${${logicalIdOf(alarm)}.Arn}`));
    expect(shown.length).toBeLessThanOrEqual(100);
  });
});

describe('what is watched exists', () => {
  /** `name service,stage,…` of what the code emits, with the values of its dimensions. */
  const emitted = new Map<string, Record<string, string>[]>();
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    const entry = JSON.parse(String(line));
    for (const { Namespace, Dimensions, Metrics } of entry._aws.CloudWatchMetrics)
      for (const { Name } of Metrics) {
        const names: string[] = Dimensions[0].toSorted();
        const key = `${Namespace} ${Name} ${names}`;
        const values = Object.fromEntries(names.map((name) => [name, entry[name]]));
        emitted.set(key, [...(emitted.get(key) ?? []), values]);
      }
    return true;
  });
  const ids = [...endpoints, ...jobs].map(({ spec }) => spec.id);
  for (const operation of ids)
    metrics.recordInvocation({ operation, durationMs: 1, isFault: false, isColdStart: false });
  for (const mode of ['local', 'strict', 'refused'] as const) metrics.recordCountedAlone(mode);
  metrics.recordAcceptedForgeries(0);
  metrics.recordMissedRuns(0);
  metrics.recordDeadRuns(0);
  metrics.recordChecks({ failing: 0, warning: 0, openBreakers: 0 });
  write.mockRestore();

  const isEmitted = (namespace: string, name: string, dimensions: Record<string, unknown>) => {
    const { stage, ...rest } = dimensions;
    const found = emitted.get(`${namespace} ${name} ${Object.keys(dimensions).sort()}`) ?? [];
    return (
      stage === deployedStage &&
      found.some((values) => Object.keys(rest).every((key) => values[key] === rest[key]))
    );
  };

  test('every metric of ours in an alarm is emitted with just these dimensions', () => {
    const ours = alarms.flatMap((alarm) => alarm.metrics).filter(({ namespace }) => namespace === 'Plinth');
    expect(ours.length).toBeGreaterThan(2 * endpoints.length);
    expect(ours.filter(({ namespace, name, dimensions }) => !isEmitted(namespace, name, dimensions))).toEqual(
      [],
    );
  });

  test('every metric of ours on the dashboard, too', () => {
    const rows = widgetsOf(read('functions/dashboard.yml')).flatMap(
      ({ properties }) => properties.metrics ?? [],
    );
    const ours = rows.filter(([namespace]) => namespace === 'Plinth');
    expect(ours.length).toBeGreaterThan(3 * endpoints.length);
    const absent = ours.filter(([namespace, name, ...rest]) => {
      const pairs = rest.slice(0, -1);
      const dimensions = Object.fromEntries(
        pairs.flatMap((key, index) => (index % 2 === 0 ? [[key, pairs[index + 1]]] : [])),
      );
      return !isEmitted(String(namespace), String(name), dimensions);
    });
    expect(absent).toEqual([]);
  });

  test('every Lambda that is named is in a fragment, and every one of those is watched for throttles', () => {
    const logicalIds = watched.functionNames.map(
      (name) => `${name[0]?.toUpperCase()}${name.slice(1)}LambdaFunction`,
    );
    const refs = (list: readonly Metric[]) =>
      list.flatMap(({ dimensions: { FunctionName } }) =>
        typeof FunctionName === 'object' ? FunctionName.ref : [],
      );
    expect(refs(alarms.flatMap((alarm) => alarm.metrics)).filter((ref) => !logicalIds.includes(ref))).toEqual(
      [],
    );
    const throttles = alarms.filter(({ kind }) => kind === 'throttles').flatMap((alarm) => alarm.metrics);
    expect(refs(throttles)).toEqual(logicalIds);
  });
});

test('who is on call has a page for every kind of alarm, and no other', () => {
  const kinds = [...alarmKinds].sort();
  const pages = readdirSync('docs/on-call').map((file) => file.replace('.md', ''));
  expect(pages.filter((page) => page !== 'README').sort()).toEqual(kinds);
  for (const kind of kinds) {
    const headings = [...read(`docs/on-call/${kind}.md`).matchAll(/^#+ (.+)$/gm)].map(([, text]) => text);
    expect(headings).toEqual([kind, 'Look', 'Do']);
  }
  for (const list of ['docs/on-call/README.md', 'docs/monitoring.md']) {
    const listed = [...read(list).matchAll(/^\| \[?`(\w+)`.*\|$/gm)].map(([, kind]) => kind);
    expect(listed).toEqual(expect.arrayContaining(kinds));
  }
  expect([...new Set(alarms.map(({ kind }) => kind))].sort()).toEqual([...alarmKinds].sort());
});
