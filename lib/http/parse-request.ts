import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { HttpRequest } from './http-request.ts';
import type { Middleware } from './middleware.ts';

const requestIdPattern = /^[A-Za-z0-9_-]{8,128}$/;

/** Turns the API Gateway event (payload 2.0) into our HttpRequest. Does no I/O and accepts anything. */
export function parseRequest(): Middleware {
  return {
    before(exchange) {
      exchange.event = toHttpRequest(exchange.event as unknown as APIGatewayProxyEventV2);
    },
  };
}

function toHttpRequest(event: APIGatewayProxyEventV2): HttpRequest {
  const headers = Object.fromEntries(
    Object.entries(event.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const claimedId = headers['x-request-id'];
  return {
    method: event.requestContext.http.method,
    path: event.rawPath,
    requestId: claimedId && requestIdPattern.test(claimedId) ? claimedId : randomUUID(),
    startedAt: performance.now(),
    now: new Date(),
    sourceIp: event.requestContext.http.sourceIp,
    headers,
    cookies: parseCookies(event.cookies ?? headers.cookie?.split(';') ?? []),
    pathParameters: event.pathParameters ?? {},
    query: new URLSearchParams(event.rawQueryString),
    isBase64Encoded: event.isBase64Encoded,
    body: event.body,
    actor: undefined,
    responseHeaders: {},
  };
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
