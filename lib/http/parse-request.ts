import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { getInvocation } from '#lib/invocation.ts';
import { readTraceContext } from '#lib/observability/trace-context.ts';
import type { HttpRequest } from './http-request.ts';
import type { Middleware } from './middleware.ts';

const requestIdPattern = /^[A-Za-z0-9_-]{8,128}$/;

/** Turns the API Gateway event (payload 2.0) into our HttpRequest. Does no I/O and accepts anything. */
export function parseRequest(): Middleware {
  return {
    before(exchange) {
      const request = toHttpRequest(exchange.event as unknown as APIGatewayProxyEventV2);
      exchange.event = request;
      const invocation = getInvocation();
      if (!invocation) return;
      invocation.requestId = request.requestId;
      invocation.trace = readTraceContext(request.headers);
    },
  };
}

function toHttpRequest(event: APIGatewayProxyEventV2): HttpRequest {
  const headers: Record<string, string | undefined> = {};
  for (const name in event.headers) headers[name.toLowerCase()] = event.headers[name];
  const claimedId = headers['x-request-id'];
  return {
    method: event.requestContext.http.method,
    path: escapePath(event.rawPath),
    requestId: claimedId && requestIdPattern.test(claimedId) ? claimedId : randomUUID(),
    startedAt: performance.now(),
    now: new Date(),
    sourceIp: event.requestContext.http.sourceIp,
    headers,
    cookies: parseCookies(event.cookies ?? headers.cookie?.split(';') ?? []),
    pathParameters: event.pathParameters ?? {},
    query: new URLSearchParams(event.rawQueryString),
    bodyBytes: event.body ? Buffer.byteLength(event.body, event.isBase64Encoded ? 'base64' : 'utf8') : 0,
    isBase64Encoded: event.isBase64Encoded,
    body: event.body,
    actor: undefined,
    responseHeaders: {},
  };
}

// What no path can have unescaped. API Gateway unescapes paths, and a line break or a quote would end up in `Link` and `instance`.
const notInPath = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]|%(?![0-9A-Fa-f]{2})/gu;

function escapePath(path: string): string {
  return path.replace(notInPath, (character) => encodeURIComponent(character.toWellFormed()));
}

// The first of two cookies with one name wins: browsers send the more specific path first (RFC 6265, 5.4).
function parseCookies(pairs: readonly string[]): Record<string, string> {
  const cookies: Record<string, string> = Object.create(null);
  for (const pair of pairs) {
    const separator = pair.indexOf('=');
    if (separator > 0) cookies[pair.slice(0, separator).trim()] ??= pair.slice(separator + 1).trim();
  }
  return cookies;
}
