import { createPipeline, type Endpoint } from './create-pipeline.ts';
import type { EndpointInput, EndpointOutput, EndpointSpec, Schema } from './endpoint-spec.ts';
import { instanceLimit } from './instance-limit.ts';

/**
 * A public operation that answers from its bundle alone: no database, no Redis, no identity (and none of them in the
 * bundle), so that it answers whatever is down.
 */
export function defineStaticEndpoint<
  R extends Schema | undefined = undefined,
  P extends Schema | undefined = undefined,
>(
  spec: Omit<
    EndpointSpec<'public', P, undefined, undefined, R>,
    | 'access'
    | 'rateLimit'
    | 'query'
    | 'body'
    | 'ifMatch'
    | 'idempotent'
    | 'isStatic'
    | 'statements'
    // Its caller would have to be counted, and it has no database.
    | 'deprecated'
  >,
  run: (input: EndpointInput<'public', P, undefined, undefined>) => EndpointOutput<R>,
): Endpoint {
  return createPipeline({
    spec: { ...spec, access: 'public', rateLimit: 'instance', isStatic: true, statements: 0 },
    run,
    entry: [instanceLimit(spec.id)],
  });
}
