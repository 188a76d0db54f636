import type { Actor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { mergeHistograms, quantileOf } from '#lib/observability/histogram.ts';
import type { OperationFacts } from './operation-facts.ts';
import { type Measured, readWindow } from './read-measurements.ts';
import { type PerformanceQuery, type PerformanceReport, windows } from './schemas.ts';

type Route = PerformanceReport['routes'][number];

// Half the width of a bucket: lib/observability/histogram.ts.
const quantileError = 0.025;
const slowestAtMost = 5;

/** What the fleet measured in the window, by route and by job; quantiles are those of all instances together. */
export async function getPerformance(
  ctx: Context<Actor>,
  { window }: PerformanceQuery,
  facts: OperationFacts,
): Promise<PerformanceReport> {
  const minuteMs = 60_000;
  const from = new Date((Math.floor(ctx.now.getTime() / minuteMs) - windows[window]) * minuteMs);
  const { measured, foldedAt } = await readWindow(ctx, from);
  const seconds = Math.max(60, ((foldedAt ?? ctx.now).getTime() - from.getTime()) / 1000);
  const paths = new Map(facts.endpoints.map(({ id, method, path }) => [id, `${method} ${path}`]));
  const operations = [...Map.groupBy(measured, ({ operation }) => operation)];
  const isJob = (groups: readonly Measured[]) => groups.every(({ outcome }) => !isStatus(outcome));
  const routes = operations
    .filter(([, groups]) => !isJob(groups))
    .map(([id, groups]) => toRoute(summarize(id, groups, seconds), paths.get(id) ?? id))
    .sort((a, b) => b.count - a.count);
  const jobs = operations
    .filter(([, groups]) => isJob(groups))
    .map(([id, groups]) => summarize(id, groups, seconds))
    .map((job) => ({ ...job, failures: job.outcomes.failed ?? 0 }));
  return {
    window,
    from: from.toISOString(),
    asOf: foldedAt?.toISOString() ?? null,
    quantileError,
    routes,
    jobs,
    slowest: slowestOf(routes),
  };
}

function isStatus(outcome: string): boolean {
  return /^\d/.test(outcome);
}

function summarize(operation: string, groups: readonly Measured[], seconds: number) {
  const sum = (value: (group: Measured) => number) =>
    groups.reduce((total, group) => total + value(group), 0);
  const count = sum((group) => group.count);
  const quantile = (q: number, of = groups) =>
    round(quantileOf(mergeHistograms(of.map(({ histogram }) => histogram)), q));
  const outcomes: Record<string, number> = {};
  for (const group of groups) outcomes[group.outcome] = (outcomes[group.outcome] ?? 0) + group.count;
  return {
    operation,
    count,
    ratePerSecond: round(count / seconds) ?? 0,
    outcomes,
    meanMs: round(sum(({ durationUs }) => durationUs) / count / 1000),
    p50Ms: quantile(0.5),
    p90Ms: quantile(0.9),
    p99Ms: quantile(0.99),
    coldShare: round(sum((group) => (group.isCold ? group.count : 0)) / count) ?? 0,
    coldP99Ms: quantile(
      0.99,
      groups.filter(({ isCold }) => isCold),
    ),
    warmP99Ms: quantile(
      0.99,
      groups.filter(({ isCold }) => !isCold),
    ),
  };
}

function toRoute(measured: ReturnType<typeof summarize>, route: string): Route {
  const ofClass = (digit: string) =>
    Object.entries(measured.outcomes).reduce(
      (sum, [status, count]) => (status.startsWith(digit) ? sum + count : sum),
      0,
    );
  const serverErrors = ofClass('5');
  return {
    ...measured,
    route,
    clientErrors: ofClass('4'),
    serverErrors,
    serverErrorShare: round(serverErrors / measured.count) ?? 0,
  };
}

function slowestOf(routes: readonly Route[]): PerformanceReport['slowest'] {
  return routes
    .flatMap(({ operation, route, p99Ms, count }) =>
      p99Ms === null ? [] : { operation, route, p99Ms, count },
    )
    .sort((a, b) => b.p99Ms - a.p99Ms)
    .slice(0, slowestAtMost);
}

/** Four significant digits: more than the buckets tell. */
function round(value: number | undefined): number | null {
  return value === undefined ? null : Number(value.toPrecision(4));
}
