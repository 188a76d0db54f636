import type * as z from 'zod';
import { getTracer } from '#lib/observability/tracer.ts';
import { type Access, authorize } from './authorize.ts';
import { createPipeline, type Endpoint } from './create-pipeline.ts';
import type { EndpointInput, EndpointOutput, EndpointSpec, Schema } from './endpoint-spec.ts';
import { gate } from './gate.ts';
import { answerOnce } from './idempotency.ts';
import { identify } from './identify.ts';
import { instanceLimit } from './instance-limit.ts';
import { bodyMediaTypes, jsonBody } from './json-body.ts';
import { refreshCookie } from './refresh-cookie.ts';

/**
 * One operation over HTTP, as a Lambda handler that carries its contract. Whatever `run` does, the caller gets an answer
 * that the contract declares.
 */
export function defineEndpoint<
  const A extends Access,
  R extends Schema | undefined = undefined,
  P extends Schema | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends Schema | undefined = undefined,
>(
  spec: EndpointSpec<A, P, Q, B, R>,
  run: (input: EndpointInput<A, P, Q, B>) => Promise<EndpointOutput<R>>,
): Endpoint {
  const { access, rateLimit, body, accountField } = spec;
  const traced = async (input: EndpointInput<A, P, Q, B>) => {
    const tracer = await getTracer();
    return tracer.trace(spec.id, () => run(input));
  };
  const readBody = body ? [jsonBody(bodyMediaTypes(spec))] : [];
  const entry = [
    ...(access === 'public' ? [] : [identify()]),
    ...(accountField === undefined ? [] : readBody),
    rateLimit === 'instance' ? instanceLimit(spec.id) : gate(rateLimit, accountField),
    ...(access === 'public' ? [] : [authorize(access)]),
    ...(accountField === undefined ? readBody : []),
    ...(spec.readsRefreshCookie ? [refreshCookie()] : []),
  ];
  return createPipeline(spec, traced as never, entry, spec.idempotent && (answerOnce as never));
}
