import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { routeKeyOf } from '#lib/http/define-router.ts';
import { defaultTimeoutSeconds } from '#lib/http/endpoint-spec.ts';
import { errorCodesOf } from '#lib/http/error-codes.ts';
import { rateWindowsOf } from '#lib/http/rate-limits.ts';
import type { EndpointFacts, OperationFacts } from '#lib/monitoring/operation-facts.ts';
import type { EndpointOperation, JobOperation } from './load-operations.ts';
import { describeAccess } from './route-table.ts';

const root = join(import.meta.dirname, '../..');

/** functions/monitoring/operations.json: each operation, and what the other generated files and events/ have of it. */
export function renderOperationFacts(
  endpoints: readonly EndpointOperation[],
  jobs: readonly JobOperation[],
  files: ReadonlyMap<string, string>,
): string {
  const openapi = JSON.parse(files.get('functions/docs/openapi.json') ?? '{}');
  const events = [...files]
    .filter(([path]) => path.endsWith('/functions.yml'))
    .flatMap(([, fragment]) => fragment.split('\n').map((line) => line.trim()));
  const alarms = files.get('functions/alarms.yml') ?? '';
  const facts: OperationFacts = {
    endpoints: endpoints.map((endpoint) => ({
      ...factsOf(endpoint, openapi.paths ?? {}, events),
      hasAlarm: isWatched(endpoint.spec.id, alarms),
    })),
    jobs: jobs.map(({ spec: { id, schedule } }) => ({ id, schedule: schedule ?? null })),
  };
  // An operation a line: a diff shows what changed.
  const lines = (list: readonly object[]) => list.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n');
  return `{\n  "endpoints": [\n${lines(facts.endpoints)}\n  ],\n  "jobs": [\n${lines(facts.jobs)}\n  ]\n}\n`;
}

function factsOf(
  { spec, module }: EndpointOperation,
  paths: Record<string, Record<string, { operationId?: string }>>,
  events: readonly string[],
): Omit<EndpointFacts, 'hasAlarm'> {
  const { id, method, path, access, rateLimit, response } = spec;
  const permission = typeof access === 'object' ? access.permission : undefined;
  const event = path === '$default' ? "- httpApi: '*'" : `- httpApi: ${routeKeyOf(spec)}`;
  const openapiId = paths[path]?.[method.toLowerCase()]?.operationId;
  return {
    id,
    method,
    path,
    access: describeAccess(access),
    ...(permission && { permission }),
    rateLimit,
    limit: rateWindowsOf(rateLimit)[0]?.limit ?? 0,
    timeoutSeconds: spec.timeoutSeconds ?? defaultTimeoutSeconds,
    responseStatus: response.status,
    hasResponseSchema: response.schema !== undefined,
    hasBodySchema: spec.body !== undefined,
    errorCodes: [...errorCodesOf(spec)],
    ...(openapiId && { openapiId }),
    events: events.filter((line) => line === event).length,
    hasEventFile: namesRoute(module, routeKeyOf(spec)),
  };
}

function namesRoute(module: string, routeKey: string): boolean {
  const file = join(root, `${module.replace('functions/', 'events/')}.json`);
  return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).routeKey === routeKey;
}

/** Whether the failures and the latency of the operation are each in an alarm. */
function isWatched(id: string, alarms: string): boolean {
  const lines = alarms.split('\n').filter((line) => line.includes(`"Name":"operation","Value":"${id}"`));
  return ['Faults', 'DurationMs'].every((name) =>
    lines.some((line) => line.includes(`"MetricName":"${name}"`)),
  );
}
