import { getAllowedOrigins } from '#lib/config/allowed-origins.ts';
import type { HttpRequest } from './http-request.ts';

type Headers = Record<string, string>;

/** What a page may read besides the headers that any page may and that the document names; `*` is not a wildcard where cookies are sent. */
const exposedHeaders = [
  'Allow',
  'Deprecation',
  'ETag',
  'Idempotency-Replayed',
  'Link',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Server-Timing',
  'Sunset',
  'WWW-Authenticate',
  'X-Process-Time',
  'X-Request-Id',
].join(', ');

/** What lets the page of a web client on the list read an answer; nothing for any other. ADR 37. */
export function corsHeadersFor({ headers: { origin } }: Pick<HttpRequest, 'headers'>): Headers | undefined {
  if (origin === undefined || !getAllowedOrigins().has(origin)) return undefined;
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': exposedHeaders,
  };
}
