import type { Actor } from '#lib/auth/actor.ts';
import { isAllowed, type Permission, permissions, roles } from '#lib/auth/permissions.ts';
import type { Context } from '#lib/context.ts';
import { errorCatalog } from '#lib/errors/catalog.ts';
import type { EndpointFacts, OperationFacts } from './operation-facts.ts';
import type { EndpointsReport } from './validation-schemas.ts';

type Problem = EndpointsReport['endpoints'][number]['problems'][number];

/** What a rule has against an endpoint; undefined when nothing. */
type Rule = (facts: EndpointFacts) => string | undefined;

// API Gateway gives up after 30 s, and our own 504 has to come before.
const timeoutAtMostSeconds = 29;
/** What every operation can fail with. */
const commonCodes = ['rate_limited', 'internal', 'deadline_exceeded'];
const isFallback = ({ path }: EndpointFacts) => path === '$default';

const rules: Record<string, Rule> = {
  schema: ({ hasResponseSchema, responseStatus }) =>
    hasResponseSchema || [202, 204, 404].includes(responseStatus)
      ? undefined
      : `a ${responseStatus} has a body that no schema describes`,
  access({ access, permission }) {
    if (permission === undefined) return access === '' ? 'it does not say who may call' : undefined;
    if (!(permissions as readonly string[]).includes(permission))
      return `there is no permission ${permission}`;
    const isHeld = roles.some((role) => isAllowed({ roles: [role] }, permission as Permission));
    return isHeld ? undefined : `no role has the permission ${permission}`;
  },
  limit: ({ limit }) => (limit > 0 ? undefined : 'it has no limit'),
  timeout: ({ timeoutSeconds }) =>
    timeoutSeconds > 0 && timeoutSeconds <= timeoutAtMostSeconds
      ? undefined
      : `${timeoutSeconds} s is not between 1 and ${timeoutAtMostSeconds}`,
  errors({ access, errorCodes }) {
    const needed = access === 'public' ? commonCodes : [...commonCodes, 'unauthenticated'];
    const missing = needed.filter((code) => !errorCodes.includes(code));
    const unknown = errorCodes.filter((code) => !Object.hasOwn(errorCatalog, code));
    if (missing.length > 0) return `it does not declare ${missing.join(', ')}`;
    return unknown.length > 0 ? `the catalogue does not have ${unknown.join(', ')}` : undefined;
  },
  openapi: (facts) =>
    isFallback(facts) || facts.openapiId === facts.id
      ? undefined
      : `openapi.json has ${facts.openapiId ?? 'nothing'} at its route`,
  event: ({ events }) => (events === 1 ? undefined : `functions.yml has its event ${events} times`),
  eventFile: ({ hasEventFile }) => (hasEventFile ? undefined : 'events/ has no request of its route'),
  alarm: ({ hasAlarm }) => (hasAlarm ? undefined : 'the template has no alarm for it'),
};

// What is missing there does not change an answer.
const warnings = new Set(['eventFile', 'alarm']);

/** Every route against what it has to have: who may call, limit, time-out, schema, codes, and its place in the generated files. */
export function validateEndpoints({ now }: Context<Actor>, { endpoints }: OperationFacts): EndpointsReport {
  const checked = endpoints.map((facts) => {
    const problems = Object.entries(rules).flatMap(([rule, check]) => toProblems(rule, check(facts)));
    const { id, method, path, access, rateLimit, timeoutSeconds } = facts;
    const route = isFallback(facts) ? path : `${method} ${path}`;
    return { operation: id, route, status: worstOf(problems), access, rateLimit, timeoutSeconds, problems };
  });
  const repeated = findRepeated(checked.map(({ route }) => route));
  for (const endpoint of checked.filter(({ route }) => repeated.has(route))) {
    endpoint.problems.push({ rule: 'route', status: 'fail', detail: 'another endpoint has the same route' });
    endpoint.status = 'fail';
  }
  return { status: worstOf(checked), asOf: now.toISOString(), endpoints: checked };
}

function toProblems(rule: string, detail: string | undefined): Problem[] {
  return detail === undefined ? [] : [{ rule, status: warnings.has(rule) ? 'warn' : 'fail', detail }];
}

function worstOf(parts: readonly { status: Problem['status'] }[]): Problem['status'] {
  if (parts.some(({ status }) => status === 'fail')) return 'fail';
  return parts.some(({ status }) => status === 'warn') ? 'warn' : 'pass';
}

function findRepeated(routes: readonly string[]): ReadonlySet<string> {
  return new Set(routes.filter((route, index) => routes.indexOf(route) !== index));
}
