import type * as z from 'zod';
import { createEndpoint } from './create-endpoint.ts';
import type { Endpoint } from './create-pipeline.ts';
import type { BodyFormat, EndpointInput, EndpointOutput, EndpointSpec, Schema } from './endpoint-spec.ts';

/** An operation that anybody may call: without what finds out who calls, which is an eighth of a bundle. */
export function definePublicEndpoint<
  R extends Schema | undefined = undefined,
  P extends Schema | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends Schema | undefined = undefined,
  F extends BodyFormat = 'json',
>(
  spec: Omit<EndpointSpec<'public', P, Q, B, R, F>, 'access' | 'idempotent'>,
  run: (input: EndpointInput<'public', P, Q, B, F>) => Promise<EndpointOutput<R>>,
): Endpoint {
  return createEndpoint({ ...spec, access: 'public' }, run);
}
