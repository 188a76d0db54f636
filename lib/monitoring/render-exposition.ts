/** One value of a metric. */
export interface Sample {
  /** `_bucket`, `_sum` or `_count` of a histogram. */
  readonly suffix?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric with all its samples. */
export interface MetricFamily {
  /** Without `_total`, which the samples of a counter get. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly unit?: 'seconds';
  readonly samples: readonly Sample[];
}

export type ExpositionFormat = 'prometheus' | 'openmetrics';

export const prometheusMediaType = 'text/plain; version=0.0.4; charset=utf-8';
export const openMetricsMediaType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** What a scraper would rather have; Prometheus text when it does not say. */
export function formatFor(accept: string): ExpositionFormat {
  const weightOf = (type: string) => {
    const range = accept.split(',').find((part) => part.trim().toLowerCase().startsWith(type));
    return range === undefined ? 0 : Number(/;\s*q=([\d.]+)/.exec(range)?.[1] ?? 1);
  };
  const openMetrics = weightOf('application/openmetrics-text');
  return openMetrics > 0 && openMetrics >= weightOf('text/plain') ? 'openmetrics' : 'prometheus';
}

/** Only OpenMetrics has an end. */
export function mediaTypeOf(exposition: string): string {
  return exposition.endsWith('# EOF\n') ? openMetricsMediaType : prometheusMediaType;
}

/** The families as a scraper reads them. */
export function renderExposition(families: readonly MetricFamily[], format: ExpositionFormat): string {
  const text = families.map((family) => renderFamily(family, format)).join('');
  return format === 'openmetrics' ? `${text}# EOF\n` : text;
}

function renderFamily({ name, type, help, unit, samples }: MetricFamily, format: ExpositionFormat): string {
  const suffix = type === 'counter' ? '_total' : '';
  const described = format === 'openmetrics' ? name : name + suffix;
  const lines = [
    `# HELP ${described} ${escapeText(help)}`,
    `# TYPE ${described} ${type}`,
    ...(unit && format === 'openmetrics' ? [`# UNIT ${described} ${unit}`] : []),
    ...samples.map(
      (sample) => `${name}${sample.suffix ?? suffix}${renderLabels(sample.labels)} ${sample.value}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function renderLabels(labels: Sample['labels'] = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeText(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

function escapeText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
