import type * as z from 'zod';
import { type Access, authorize } from './authorize.ts';
import { createEndpoint } from './create-endpoint.ts';
import type { Endpoint } from './create-pipeline.ts';
import type { BodyFormat, EndpointInput, EndpointOutput, EndpointSpec, Schema } from './endpoint-spec.ts';
import { identify } from './identify.ts';

/**
 * One operation over HTTP, as a Lambda handler that carries its contract. Whatever `run` does, the caller gets an answer
 * that the contract declares.
 */
export function defineEndpoint<
  const A extends Exclude<Access, 'public'>,
  R extends Schema | undefined = undefined,
  P extends Schema | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends Schema | undefined = undefined,
  F extends BodyFormat = 'json',
>(
  spec: EndpointSpec<A, P, Q, B, R, F>,
  run: (input: EndpointInput<A, P, Q, B, F>) => Promise<EndpointOutput<R>>,
): Endpoint {
  return createEndpoint(spec, run, { identify: identify(), authorize: authorize(spec.access) });
}
