import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { EndpointOperation } from '#lib/generate/load-operations.ts';
import { type CallOptions, toEvent } from '#test/support/event.ts';
import { succeeding } from '#test/support/scenario.ts';
import { breakages } from './break-value.ts';
import { violationOf } from './judge-answer.ts';
import { makeBody } from './make-body.ts';
import { type DeclaredOperation, parametersIn } from './published-contract.ts';
import type { Plan } from './request-plan.ts';
import { type Credentials, credentialsOf, forgetOldRules, type World } from './world.ts';

export interface MadeRequest {
  readonly event: APIGatewayProxyEventV2;
  /** The rule it breaks, for which it must not succeed. */
  readonly mustBeRefusedFor: string | undefined;
}

/** The request of a plan, with things that exist: near to the one in `test/support/scenario.ts` that succeeds. */
export async function makeRequest(
  operation: EndpointOperation,
  declared: DeclaredOperation,
  plan: Plan,
  world: World,
): Promise<MadeRequest> {
  const { owner, real } = await prepare(operation, plan.subject === 'foreign', world);
  const isAnyonesCall = operation.spec.access === 'public' && plan.actor === 'owner';
  const credentials = isAnyonesCall ? {} : await credentialsOf(plan.actor, owner, world);
  const params = makeParams(operation, declared, plan, world, real.params);
  const query = makeQuery(declared, plan, world, real.query);
  const body = makeBody(operation, declared, plan, real.body);
  const event = toEvent(operation.handler, {
    ...(params.values && { params: params.values }),
    query: query.text,
    ...credentials,
    ...(body.text !== undefined && { body: body.text }),
    headers: {},
  });
  Object.assign(
    event.headers,
    makeHeaders(declared, plan, world, event.rawPath, real.headers, credentials),
    body.headers,
  );
  if (plan.flaw?.in === 'header') event.headers[plan.flaw.name] = plan.flaw.value;
  if (body.base64 !== undefined) Object.assign(event, { body: body.base64, isBase64Encoded: true });
  return { event, mustBeRefusedFor: params.broken ?? query.broken ?? body.broken };
}

/** Somebody, and the request that succeeds for them, or for somebody of the other tenant. */
async function prepare(operation: EndpointOperation, isForeign: boolean, world: World) {
  const { method } = operation.spec;
  const once = <T>(name: string, isKept: boolean, make: () => Promise<T>): Promise<T> => {
    const made = (isKept && (world.prepared.get(name) as Promise<T> | undefined)) || make();
    world.prepared.set(name, made);
    return made;
  };
  // What ends sessions or uses tokens up gets new ones; what only reads finds what was there before.
  const ownerOf = (tenant: 'first' | 'second') =>
    once(tenant, operation.area !== 'auth' || method === 'GET', () => world.newOwner(tenant));
  const owner = await ownerOf('first');
  const preparer = isForeign ? await ownerOf('second') : owner;
  if (operation.area === 'notifications') await forgetOldRules(preparer);
  const real = await once(`request ${isForeign}`, method === 'GET', () => succeeding(operation, preparer));
  return { owner, real };
}

function makeParams(
  { spec }: EndpointOperation,
  declared: DeclaredOperation,
  plan: Plan,
  world: World,
  real: CallOptions['params'],
): { values?: Record<string, string> | undefined; broken?: string | undefined } {
  const [last] = parametersIn(declared, 'path').slice(-1);
  if (!last || !real) return { values: real };
  const replaced = (text: string) => ({ values: { ...real, [last.name]: text } });
  if (plan.flaw?.in === 'path') {
    const violation = violationOf(last.schema, plan.flaw.text);
    return { ...replaced(plan.flaw.text), broken: violation && `path /${last.name} ${violation}` };
  }
  if (plan.subject === 'missing')
    return replaced(
      last.schema.format === 'uuid'
        ? `01980000-0000-7000-8000-${String(plan.pick).padStart(12, '0')}`
        : `missing${plan.pick}`,
    );
  const before = spec.path
    .slice(0, spec.path.lastIndexOf(`{${last.name}}`))
    .replace(/\{(\w+)\}/g, (_, name) => real[name] ?? name);
  const seen = world.ids.get(before) ?? [];
  const chosen = seen[plan.pick % seen.length];
  return plan.subject === 'seen' && chosen ? replaced(chosen) : { values: real };
}

function makeQuery(
  declared: DeclaredOperation,
  { query, generated, usesCursor, flaw }: Plan,
  world: World,
  real: CallOptions['query'],
): { text: string; broken?: string | undefined } {
  const nextPage = world.nextPages.get(declared.operationId);
  const values = new URLSearchParams(usesCursor && nextPage ? nextPage : real);
  if (!(usesCursor && nextPage))
    for (const name of generated) {
      if (name in query) values.set(name, String(query[name]));
      else values.delete(name);
    }
  if (flaw?.in === 'raw query') return { text: [values.toString(), flaw.text].filter(Boolean).join('&') };
  if (flaw?.in !== 'query') return { text: values.toString() };
  const broken = parametersIn(declared, 'query').flatMap(({ name, schema, required }) =>
    [
      ...[...breakages(schema, query[name] ?? values.get(name) ?? '')].map(({ rule, value }) => ({
        name,
        rule,
        value: typeof value === 'object' ? JSON.stringify(value) : String(value),
      })),
      ...(required ? [{ name, rule: 'required', value: undefined }] : []),
    ].filter(({ value }) => value === undefined || violationOf(schema, readAs(schema.type, value))),
  );
  const chosen = broken[flaw.pick % broken.length];
  if (!chosen) return { text: values.toString() };
  if (chosen.value === undefined) values.delete(chosen.name);
  else values.set(chosen.name, chosen.value);
  return { text: values.toString(), broken: `query /${chosen.name} ${chosen.rule}` };
}

/** What a parameter in a URL says, when it is of that type. */
function readAs(type: string | undefined, text: string): unknown {
  return (type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?(e\+?\d+)?$/.test(text)
    ? Number(text)
    : text;
}

function makeHeaders(
  declared: DeclaredOperation,
  plan: Plan,
  world: World,
  path: string,
  real: CallOptions['headers'],
  credentials: Credentials,
): Record<string, string> {
  const takes = new Set(parametersIn(declared, 'header').map(({ name }) => name.toLowerCase()));
  const etag = world.etags.get(path) ?? '"v1"';
  const headers: Record<string, string> = { ...real, ...credentials.headers };
  const ifMatch = { right: etag, stale: '"v999"', '*': '*', none: undefined, odd: 'W/"v1", "x' }[
    plan.ifMatch
  ];
  if (takes.has('if-match')) {
    delete headers['if-match'];
    if (ifMatch) headers['if-match'] = ifMatch;
  }
  if (plan.isNoneMatch) headers['if-none-match'] = etag;
  if (takes.has('idempotency-key') && plan.idempotencyKey !== undefined)
    headers['idempotency-key'] = plan.idempotencyKey;
  return headers;
}
