import type { DeprecationNotice } from '#lib/http/deprecate.ts';
import type { AnyEndpointSpec } from '#lib/http/endpoint-spec.ts';

// What clients are promised between the announcement and the end: docs/versioning.md.
const noticeDays = 180;
const dayMs = 24 * 3_600_000;

/** What the types cannot say about deprecations; throws for one that makes no sense, or leads nowhere. */
export function assertDeprecationsSound(specs: readonly AnyEndpointSpec[]): void {
  for (const spec of specs) {
    if (!spec.deprecated) continue;
    const problem = findDateProblem(spec.deprecated) ?? findSuccessorProblem(spec, specs);
    if (problem) throw new Error(`${spec.id} is deprecated, but ${problem}`);
  }
}

function findDateProblem({ since, sunset }: DeprecationNotice): string | undefined {
  if (!isDay(since)) return `there is no day ${since}`;
  if (sunset === undefined) return undefined;
  if (!isDay(sunset)) return `there is no day ${sunset}`;
  const days = (Date.parse(sunset) - Date.parse(since)) / dayMs;
  return days < noticeDays ? `its sunset ${sunset} is not ${noticeDays} days after ${since}` : undefined;
}

function findSuccessorProblem(
  { path, deprecated }: AnyEndpointSpec,
  specs: readonly AnyEndpointSpec[],
): string | undefined {
  const { successor } = deprecated ?? {};
  if (successor === undefined) return undefined;
  const next = specs.filter((spec) => spec.path === successor && !spec.deprecated);
  if (next.length === 0) return `its successor ${successor} is no route, or deprecated as well`;
  const missing = parametersOf(successor).filter((name) => !parametersOf(path).includes(name));
  return missing.length > 0 ? `its path lacks {${missing}}, which ${successor} needs` : undefined;
}

/**
 * What the OpenAPI document says of a deprecated operation. `x-sunset` is what the check for breaking changes knows: from that day on
 * the operation may be removed.
 */
export function describeDeprecation(spec: AnyEndpointSpec): object {
  const { since, sunset, successor, guide } = spec.deprecated ?? {};
  const sentences = [
    `Deprecated since ${since}.`,
    sunset && `It may be gone from ${sunset} on.`,
    successor && `Call \`${successor}\` instead.`,
    guide && `How: ${guide}`,
  ].filter(Boolean);
  return {
    description: [spec.description, sentences.join(' ')].filter(Boolean).join('\n\n'),
    deprecated: true,
    'x-deprecated-since': since,
    ...(sunset && { 'x-sunset': sunset }),
    ...(successor && { 'x-successor': successor }),
  };
}

/** The summary for the table of routes. */
export function summaryOf({ summary, deprecated }: AnyEndpointSpec): string {
  if (!deprecated) return summary;
  const { since, sunset, successor } = deprecated;
  const end = sunset ? `, until ${sunset}` : '';
  return `${summary} (deprecated since ${since}${end}${successor ? `: \`${successor}\`` : ''})`;
}

function parametersOf(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
}

function isDay(text: string): boolean {
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
