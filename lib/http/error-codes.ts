import type { ErrorCode } from '#lib/errors/catalog.ts';
import type { AnyEndpointSpec } from './endpoint-spec.ts';

/** Every code a route can answer with: its own, and those of the middlewares that its spec brings in. */
export function errorCodesOf(spec: AnyEndpointSpec): ReadonlySet<ErrorCode> {
  const isWrite = spec.method !== 'GET';
  const codes: [ErrorCode, boolean][] = [
    ['unauthenticated', spec.access !== 'public'],
    ['csrf_failed', (spec.access !== 'public' && isWrite) || spec.readsRefreshCookie === true],
    ['forbidden', typeof spec.access === 'object' || spec.access === 'session'],
    ['step_up_required', typeof spec.access === 'object' && spec.access.stepUp === true],
    ['invalid_refresh_token', spec.readsRefreshCookie === true],
    ['malformed_json', Boolean(spec.body)],
    ['unsupported_media_type', Boolean(spec.body)],
    ['body_too_large', Boolean(spec.body)],
    ['unknown_parameter', Boolean(spec.query)],
    ['validation_failed', Boolean(spec.body ?? spec.query ?? spec.params ?? spec.idempotent)],
    ['not_acceptable', Boolean(spec.response.schema)],
    ['precondition_failed', Boolean(spec.ifMatch)],
    ['precondition_required', spec.ifMatch === 'required'],
    ['request_in_progress', Boolean(spec.idempotent)],
    ['idempotency_key_reused', Boolean(spec.idempotent)],
    ['unavailable', !spec.isStatic],
  ];
  return new Set<ErrorCode>([
    ...(spec.errors ?? []),
    ...codes.filter(([, applies]) => applies).map(([code]) => code),
    'rate_limited',
    'internal',
    'deadline_exceeded',
  ]);
}
