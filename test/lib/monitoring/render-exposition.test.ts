import { describe, expect, test } from 'vitest';
import { otherOperations, toFamilies } from '#lib/monitoring/measured-families.ts';
import type { Measured } from '#lib/monitoring/read-measurements.ts';
import { formatFor, mediaTypeOf, renderExposition } from '#lib/monitoring/render-exposition.ts';
import { bucketOf } from '#lib/observability/histogram.ts';
import { hasPrometheusParser, parseExposition } from '#test/support/parse-exposition.ts';

const measured = (operation: string, changed: Partial<Measured> = {}): Measured => ({
  operation,
  outcome: '200',
  isCold: false,
  count: 3,
  durationUs: 1_021_500,
  histogram: new Map([
    [bucketOf(5), 1],
    [bucketOf(16), 1],
    [bucketOf(1_000.5), 1],
  ]),
  ...changed,
});

const samplesIn = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('requests become counters by class of status and a cumulative histogram in seconds', () => {
  const totals = [measured('getProject'), measured('getProject', { outcome: '503', isCold: true, count: 2 })];
  const text = renderExposition(toFamilies(totals), 'prometheus');
  expect(text).toContain('# TYPE plinth_requests_total counter\n');
  expect(samplesIn(text)).toEqual(
    expect.arrayContaining([
      'plinth_requests_total{operation="getProject",status="2xx"} 3',
      'plinth_requests_total{operation="getProject",status="4xx"} 0',
      'plinth_requests_total{operation="getProject",status="5xx"} 2',
      'plinth_request_duration_seconds_bucket{operation="getProject",le="0.004"} 0',
      'plinth_request_duration_seconds_bucket{operation="getProject",le="0.016"} 4',
      'plinth_request_duration_seconds_bucket{operation="getProject",le="1.024"} 6',
      'plinth_request_duration_seconds_bucket{operation="getProject",le="+Inf"} 6',
      'plinth_request_duration_seconds_sum{operation="getProject"} 2.043',
      'plinth_cold_starts_total{operation="getProject"} 2',
    ]),
  );
});

test('runs of jobs are counted apart', () => {
  const text = renderExposition(
    toFamilies([
      measured('expireSessions', { outcome: 'succeeded' }),
      measured('expireSessions', { outcome: 'failed' }),
    ]),
    'prometheus',
  );
  expect(text).toContain('plinth_job_runs_total{job="expireSessions",outcome="failed"} 3');
  expect(text).not.toContain('plinth_requests_total{');
});

describe('10,000 operations', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => measured(`operation${index}`));

  test('are at most 2,000 series, and none of them is lost', () => {
    const samples = samplesIn(renderExposition(toFamilies(many), 'prometheus'));
    expect(samples.length).toBeLessThanOrEqual(2_000);
    const counted = samples
      .filter((line) => line.startsWith('plinth_requests_total'))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    expect(counted).toBe(30_000);
    expect(samples).toContain(
      `plinth_requests_total{operation="${otherOperations}",status="2xx"} ${(10_000 - 114) * 3}`,
    );
  });

  test('and those of runs beside them, are no series twice', () => {
    const runs = Array.from({ length: 200 }, (_, index) =>
      measured(`job${index}`, { outcome: 'succeeded', isCold: true }),
    );
    const cold = measured('operation1', { outcome: 'succeeded', isCold: true });
    const samples = samplesIn(renderExposition(toFamilies([...many, ...runs, cold]), 'prometheus'));
    const series = samples.map((line) => line.slice(0, line.lastIndexOf(' ')));
    expect(series.filter((name, index) => series.indexOf(name) !== index)).toEqual([]);
    expect(samples).toContain(`plinth_cold_starts_total{operation="${otherOperations}"} 600`);
    expect(samples).toContain('plinth_cold_starts_total{operation="operation1"} 3');
  });

  test('that come later never take the name of one that was there', () => {
    const names = (families: readonly Measured[]) =>
      toFamilies(families)[0]?.samples.map(({ labels }) => labels?.operation) ?? [];
    const before = names(many.slice(0, 100));
    expect(names(many)).toEqual(expect.arrayContaining(before));
  });
});

test.each([
  ['', 'prometheus'],
  ['*/*', 'prometheus'],
  ['text/plain;version=0.0.4;q=0.3', 'prometheus'],
  ['application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5', 'openmetrics'],
  ['text/plain, application/openmetrics-text;q=0.5', 'prometheus'],
  ['application/openmetrics-text;q=0', 'prometheus'],
  ['Application/OpenMetrics-Text', 'openmetrics'],
] as const)('Accept: "%s" is answered as %s', (accept, format) => {
  expect(formatFor(accept)).toBe(format);
  expect(mediaTypeOf(renderExposition([], format))).toContain(
    format === 'openmetrics' ? 'openmetrics' : 'text/plain',
  );
});

const reason = hasPrometheusParser ? '' : ' (skipped: python3 has no prometheus_client)';
describe.skipIf(!hasPrometheusParser)(`the parser of Prometheus${reason}`, () => {
  const odd = 'a "quoted"\nname with a \\ and ü';
  const totals = [
    measured('getProject'),
    measured(odd, { isCold: true }),
    measured('expireSessions', { outcome: 'succeeded' }),
  ];

  test.each(['prometheus', 'openmetrics'] as const)('accepts %s, and reads labels as they were', (format) => {
    const families = parseExposition(renderExposition(toFamilies(totals), format), format);
    expect(families.map(({ name, type }) => [name, type])).toEqual([
      ['plinth_requests', 'counter'],
      ['plinth_request_duration_seconds', 'histogram'],
      ['plinth_cold_starts', 'counter'],
      ['plinth_job_runs', 'counter'],
      ['plinth_job_duration_seconds', 'histogram'],
    ]);
    const cold = families.flatMap(({ samples }) => samples).filter(({ labels }) => labels.operation === odd);
    expect(cold.find(({ name }) => name === 'plinth_cold_starts_total')?.value).toBe(3);
  });
});
