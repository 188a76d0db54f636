import { getAllowedOrigins } from '#lib/config/allowed-origins.ts';
import type { HttpRequest } from './http-request.ts';

type Preflight = Pick<HttpRequest, 'headers'>;

// Firefox keeps a preflight for a day at most, Chrome for two hours: a change of the list arrives that late.
const maxAgeSeconds = 7200;

const requestHeaders = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'X-API-Key',
  'X-CSRF-Token',
  'X-Request-Id',
  'traceparent',
  'tracestate',
].join(', ');

/** The answer to the question whether a page may send `methods` to an address; of a page on no list nothing. */
export function preflightHeaders(methodsAt: (path: string) => readonly string[]) {
  const whenAllowed =
    (toValue: (path: string) => string) => (_: undefined, request: Preflight & { path: string }) =>
      isAllowed(request) ? toValue(request.path) : undefined;
  return {
    'Access-Control-Allow-Methods': whenAllowed((path) => methodsAt(path).join(', ')),
    'Access-Control-Allow-Headers': whenAllowed(() => requestHeaders),
    'Access-Control-Max-Age': whenAllowed(() => String(maxAgeSeconds)),
  };
}

function isAllowed({ headers }: Preflight): boolean {
  return (
    headers['access-control-request-method'] !== undefined && getAllowedOrigins().has(headers.origin ?? '')
  );
}
