import type * as z from 'zod';
import { getTracer } from '#lib/observability/tracer.ts';
import { type Access, authorize } from './authorize.ts';
import { createPipeline, type Endpoint } from './create-pipeline.ts';
import type { BodyFormat, EndpointInput, EndpointOutput, EndpointSpec, Schema } from './endpoint-spec.ts';
import { gate } from './gate.ts';
import { answerOnce } from './idempotency.ts';
import { identify } from './identify.ts';
import { instanceLimit } from './instance-limit.ts';
import { readBody, readBodyAround } from './read-body.ts';
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
  F extends BodyFormat = 'json',
>(
  spec: EndpointSpec<A, P, Q, B, R, F>,
  run: (input: EndpointInput<A, P, Q, B, F>) => Promise<EndpointOutput<R>>,
): Endpoint {
  const { access, rateLimit, body, accountLimit } = spec;
  const traced = async (input: EndpointInput<A, P, Q, B, F>) => {
    const tracer = await getTracer();
    return tracer.trace(spec.id, () => run(input));
  };
  const limit = rateLimit === 'instance' ? instanceLimit(spec.id) : gate(rateLimit, accountLimit);
  const entry = [
    ...(access === 'public' ? [] : [identify()]),
    ...(accountLimit ? readBodyAround(spec, limit) : [limit]),
    ...(access === 'public' ? [] : [authorize(access)]),
    ...(body && !accountLimit ? [readBody(spec)] : []),
    ...(spec.readsRefreshCookie ? [refreshCookie()] : []),
  ];
  return createPipeline(spec, traced as never, entry, spec.idempotent && (answerOnce as never));
}
