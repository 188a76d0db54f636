import { quantile } from './spread.ts';

/** By benchmark, then by name; a smaller ratio is a better one. */
export type Ratios = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface Comparison {
  readonly benchmark: string;
  readonly name: string;
  readonly before: number | undefined;
  readonly now: number | undefined;
  readonly verdict: 'good' | 'worse' | 'not measured' | 'no baseline';
}

// Ratios are taken within one run, so that the machine is not in them; beside the median of several, what is left of its noise is mostly
// below this.
const tolerance = 0.25;
// A quarter of next to nothing is noise.
const leastChange = 0.05;

/** What each ratio of the benchmarks that were run has become beside its baseline; what was promised and not measured is there, too. */
export function compareRatios(measured: Ratios, baseline: Ratios): Comparison[] {
  return Object.keys(measured).flatMap((benchmark) => {
    const [now, before] = [measured[benchmark] ?? {}, baseline[benchmark] ?? {}];
    const names = new Set([...Object.keys(before), ...Object.keys(now)]);
    return [...names].sort().map((name) => ({ benchmark, name, ...compareOne(before[name], now[name]) }));
  });
}

/** Of each ratio, over the runs that have it. */
export function mediansOf(runs: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const names = new Set(runs.flatMap((one) => Object.keys(one)));
  const median = (name: string) =>
    quantile(
      runs.flatMap((one) => one[name] ?? []),
      0.5,
    );
  return Object.fromEntries([...names].sort().map((name) => [name, Number(median(name).toFixed(3))]));
}

export function isRed({ verdict }: Comparison): boolean {
  return verdict === 'worse' || verdict === 'not measured';
}

function compareOne(before: number | undefined, now: number | undefined) {
  if (now === undefined || Number.isNaN(now))
    return { before, now: undefined, verdict: 'not measured' } as const;
  if (before === undefined) return { before, now, verdict: 'no baseline' } as const;
  const allowed = Math.max(before * (1 + tolerance), before + leastChange);
  return { before, now, verdict: now <= allowed ? 'good' : 'worse' } as const;
}

/** A line for each, the red ones last, where they are seen. */
export function describeComparisons(comparisons: readonly Comparison[]): string {
  const format = (ratio: number | undefined) => (ratio === undefined ? '-' : ratio.toFixed(2));
  const rows = comparisons
    .toSorted((one, other) => Number(isRed(one)) - Number(isRed(other)))
    .map(({ name, before, now, verdict }) => {
      const change = before && now !== undefined ? ` (${((now / before - 1) * 100).toFixed(0)} %)` : '';
      return `| ${name} | ${format(before)} | ${format(now)} | ${verdict}${change} |`;
    });
  const red = comparisons.filter(isRed);
  const verdict =
    red.length === 0
      ? 'No ratio is more than 25 % worse than in test/bench/baseline.json.'
      : `${red.length} of ${comparisons.length} are worse by more than 25 %, or missing.`;
  return ['| ratio | baseline | now | |', '| --- | --- | --- | --- |', ...rows, '', verdict].join('\n');
}
