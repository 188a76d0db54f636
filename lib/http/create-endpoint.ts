import { getTracer } from '#lib/observability/tracer.ts';
import { createPipeline, type Endpoint } from './create-pipeline.ts';
import type { AnyEndpointSpec } from './endpoint-spec.ts';
import { gate } from './gate.ts';
import { answerOnce } from './idempotency.ts';
import { instanceLimit } from './instance-limit.ts';
import type { Middleware } from './middleware.ts';
import { readBody } from './read-body.ts';
import { refreshCookie } from './refresh-cookie.ts';

/** The middlewares in their order; who finds out who calls, and who refuses them, comes from the caller. */
export function createEndpoint(
  spec: AnyEndpointSpec,
  run: (input: object) => Promise<unknown>,
  identity?: { readonly identify: Middleware; readonly authorize: Middleware },
): Endpoint {
  const { rateLimit, body, accountLimit } = spec;
  const traced = async (input: object) => {
    const tracer = await getTracer();
    return tracer.trace(spec.id, () => run(input));
  };
  const reader = body ? [readBody(spec)] : [];
  const entry = [
    ...(identity ? [identity.identify] : []),
    ...(accountLimit === undefined ? [] : reader),
    rateLimit === 'instance' ? instanceLimit(spec.id) : gate(rateLimit, accountLimit),
    ...(identity ? [identity.authorize] : []),
    ...(accountLimit === undefined ? reader : []),
    ...(spec.readsRefreshCookie ? [refreshCookie()] : []),
  ];
  return createPipeline(spec, traced, entry, spec.idempotent && (answerOnce as never));
}
