import { loadConfig } from '#lib/config/load-config.ts';
import { getTracer } from '#lib/observability/tracer.ts';
import { createPipeline, type Endpoint } from './create-pipeline.ts';
import type { AnyEndpointSpec } from './endpoint-spec.ts';
import { gate } from './gate.ts';
import { instanceLimit } from './instance-limit.ts';
import type { Middleware } from './middleware.ts';
import { readBody, readBodyAround } from './read-body.ts';
import { beginTrace, endTrace } from './record-trace.ts';
import { refreshCookie } from './refresh-cookie.ts';
import { trackFailures } from './track-failures.ts';

/** The middlewares in their order; who finds out who calls, and who refuses them, comes from the caller. */
export function createEndpoint(
  spec: AnyEndpointSpec,
  run: (input: never) => Promise<unknown>,
  identity?: { readonly identify: Middleware; readonly authorize: Middleware },
): Endpoint {
  const { rateLimit, body, accountLimit, deprecated } = spec;
  const traced = async (input: never) => {
    const tracer = await getTracer();
    return tracer.trace(spec.id, () => run(input));
  };
  const limit = rateLimit === 'instance' ? instanceLimit(spec.id) : gate(rateLimit, accountLimit);
  const entry: Middleware[] = [
    { before: ({ event }) => loadConfig(event.now) },
    beginTrace(),
    ...(identity ? [identity.identify] : []),
    ...(accountLimit ? readBodyAround(spec, limit) : [limit]),
    ...(identity ? [identity.authorize] : []),
    ...(body && !accountLimit ? [readBody(spec)] : []),
    ...(spec.readsRefreshCookie ? [refreshCookie()] : []),
  ];
  const exit: Middleware[] = [
    endTrace(spec),
    trackFailures(spec.id),
    ...(deprecated ? [deprecated.announce(spec.id)] : []),
  ];
  return createPipeline({ spec, run: traced, entry, around: spec.idempotent, exit });
}
