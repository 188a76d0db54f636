import { codings } from '#lib/content-coding.ts';
import { openerPolicy } from '#lib/docs/render-page.ts';
import type { Json, OpenApiComponents } from './openapi-components.ts';
import { refer } from './openapi-components.ts';

interface HeaderDescription {
  readonly description: string;
  readonly schema: Json;
  readonly example: unknown;
  /** Left out by some answers for which it is declared. */
  readonly isOptional?: true;
}

/** Every response header that a client may rely on. */
const descriptions: Readonly<Record<string, HeaderDescription>> = {
  'X-Request-Id': {
    description: 'Names the request in our logs; the one you sent, when it had that form.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{8,128}$' },
    example: '4f7c2a52-0b0c-4b8e-9c0e-6f2d8f1f6a10',
  },
  'X-Process-Time': {
    description: 'Seconds that the request took inside the service.',
    schema: { type: 'number', minimum: 0 },
    example: 0.012345,
  },
  'Server-Timing': {
    description: 'Where that time went, in milliseconds (W3C Server Timing).',
    schema: { type: 'string', pattern: '^total;dur=' },
    example: 'total;dur=12.3, db;dur=4.1, redis;dur=1.2',
  },
  'RateLimit-Policy': {
    description: 'The windows of the limit: `q` requests in `w` seconds.',
    schema: { type: 'string', pattern: '^"[a-z-]+";q=\\d+;w=\\d+(, "[a-z-]+";q=\\d+;w=\\d+)*$' },
    example: '"read-burst";q=600;w=60, "read-sustained";q=18000;w=3600',
  },
  RateLimit: {
    description: 'What is left of each window: `r` requests, until it begins anew in `t` seconds.',
    schema: { type: 'string', pattern: '^"[a-z-]+";r=\\d+;t=\\d+(, "[a-z-]+";r=\\d+;t=\\d+)*$' },
    example: '"read-burst";r=599;t=60, "read-sustained";r=17999;t=3600',
  },
  'Retry-After': {
    description: 'Seconds to wait before the same request is worth another try.',
    schema: { type: 'integer', minimum: 1 },
    example: 1,
  },
  ETag: {
    description: 'The version of what is answered, for `If-None-Match` and, where it is taken, `If-Match`.',
    schema: { type: 'string', pattern: '^"[^"]+"$' },
    example: '"v1"',
  },
  Location: {
    description: 'Where the new resource is read.',
    schema: { type: 'string', format: 'uri-reference' },
    example: '/api/v1/projects/01980000-0000-7000-8000-000000000001',
  },
  Link: {
    description: 'The next page (RFC 8288), `rel="next"`; absent on the last one.',
    schema: { type: 'string', pattern: '^<[^>]+>; rel="[a-z-]+"' },
    example: '</api/v1/projects?cursor=c2FtcGxl>; rel="next"',
    isOptional: true,
  },
  'Cache-Control': {
    description: 'How long the answer may be kept, and by whom.',
    schema: { type: 'string' },
    example: 'no-store',
  },
  'Content-Encoding': {
    description: 'How the body is compressed, as `Accept-Encoding` allows.',
    schema: { type: 'string', enum: codings },
    example: 'br',
    isOptional: true,
  },
  'Access-Control-Allow-Methods': {
    description: 'What a page of an allowed origin may send; absent for any other.',
    schema: { type: 'string' },
    example: 'GET, POST',
    isOptional: true,
  },
  'Access-Control-Allow-Headers': {
    description: 'The request headers that such a page may send.',
    schema: { type: 'string' },
    example: 'Authorization, Content-Type',
    isOptional: true,
  },
  'Access-Control-Max-Age': {
    description: 'Seconds for which a browser may keep the two.',
    schema: { type: 'integer', minimum: 0 },
    example: 7200,
    isOptional: true,
  },
  Deprecation: {
    description: 'Since when the operation is deprecated (RFC 9745).',
    schema: { type: 'string', pattern: '^@\\d+$' },
    example: '@1798761600',
  },
  Sunset: {
    description: 'From when on it may be gone (RFC 8594).',
    schema: { type: 'string' },
    example: 'Tue, 01 Jun 2027 00:00:00 GMT',
    isOptional: true,
  },
  'Content-Security-Policy': {
    description: 'What the page may load.',
    schema: { type: 'string' },
    example: "default-src 'none'; frame-ancestors 'none'",
  },
  'Cross-Origin-Opener-Policy': {
    description: 'Whose pages share a window group with this one: those of this origin alone.',
    schema: { type: 'string', const: openerPolicy },
    example: openerPolicy,
  },
  'Set-Cookie': {
    description:
      'Three of them: `auth_token`, `refresh_token` and `csrf_token`, on https with the prefix `__Host-` or `__Secure-`. Only scripts of this site can read the last one, and nobody the others.',
    schema: { type: 'string' },
    example: 'csrf_token=c2FtcGxl; Path=/; Max-Age=43200; SameSite=Strict',
  },
  'Idempotency-Replayed': {
    description: 'Sent with the kept answer to an earlier request with the same `Idempotency-Key`.',
    schema: { type: 'string', const: 'true' },
    example: 'true',
    isOptional: true,
  },
  'WWW-Authenticate': {
    description: 'What credential is wanted (RFC 6750), or that the proof of identity is too old (RFC 9470).',
    schema: { type: 'string', pattern: '^Bearer' },
    example: 'Bearer error="invalid_token"',
  },
  Allow: {
    description: 'The methods that the path has.',
    schema: { type: 'string', pattern: '^[A-Z]+(, [A-Z]+)*$' },
    example: 'GET, POST',
  },
};

/** What every answer carries, whatever became of the request. */
export const commonHeaders = ['X-Request-Id', 'X-Process-Time', 'Server-Timing'];
/** What it carries besides, once the request was counted. */
export const rateLimitHeaders = ['RateLimit-Policy', 'RateLimit'];

/** The `headers` of a response: `always` on each such answer but for the optional ones, `sometimes` on some. */
export function describeHeaders(
  components: OpenApiComponents,
  always: readonly string[],
  sometimes: readonly string[] = [],
): Json {
  return Object.fromEntries([
    ...always.map((name) => [name, refer(components, 'headers', name, toHeader(name))]),
    ...sometimes.map((name) => [name, { ...toHeader(name), required: false }]),
  ]);
}

function toHeader(name: string): Json {
  const found = descriptions[name];
  if (!found) throw new Error(`lib/generate/openapi-headers.ts does not describe the header ${name}`);
  const { isOptional = false, ...header } = found;
  return { ...header, required: !isOptional };
}
