import { getInvocation, type Invocation } from '#lib/invocation.ts';
import { logger } from '#lib/observability/logger.ts';
import { recordInvocation } from '#lib/observability/metrics.ts';
import { recordMeasurement } from '#lib/observability/record-measurement.ts';
import { compressResponse } from './compress-response.ts';
import { corsHeadersFor } from './cors.ts';
import type { AnyEndpointSpec } from './endpoint-spec.ts';
import type { HttpRequest } from './http-request.ts';
import type { Exchange, HttpResponse, Middleware } from './middleware.ts';

const slowRequestMs = 2_000;

const commonHeaders = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  // Pages of web clients ask with CORS, which this does not concern.
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
  // What the same address may have another answer for: its coding, and whose page may read it.
  vary: 'accept-encoding, origin',
};

let isColdStart = true;

/** Ends every exchange, whatever its outcome: common headers, one access line, one measurement. */
export function finishRequest(spec: Pick<AnyEndpointSpec, 'id' | 'path'>): Middleware {
  const finish = ({ event: request, response }: Exchange) => {
    if (!response) return;
    compressResponse(response, request.headers['accept-encoding']);
    const durationMs = performance.now() - request.startedAt;
    const invocation = getInvocation();
    response.headers = {
      ...commonHeaders,
      ...corsHeadersFor(request),
      ...request.responseHeaders,
      ...response.headers,
      'x-request-id': request.requestId,
      'x-process-time': (durationMs / 1000).toFixed(6),
      'server-timing': serverTiming(durationMs, invocation),
    };
    if (request.method === 'HEAD') withholdBody(response, response.headers);
    logAccess(spec, request, response, durationMs, invocation);
    const isFault = Number(response.statusCode) >= 500;
    recordInvocation({ operation: spec.id, durationMs, isFault, isColdStart });
    recordMeasurement({ operation: spec.id, outcome: Number(response.statusCode), durationMs, isColdStart });
    isColdStart = false;
  };
  return { after: finish, onError: finish };
}

/** The answer to HEAD is that to GET, without what it describes (RFC 9110, 9.3.2). */
function withholdBody(response: HttpResponse, headers: Record<string, unknown>): void {
  if (response.body === undefined) return;
  headers['content-length'] = String(sizeOf(response));
  delete response.body;
  delete response.isBase64Encoded;
}

function sizeOf({ body = '', isBase64Encoded }: HttpResponse): number {
  return Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8');
}

/** Where the time went (W3C Server Timing); a part that was not needed is left out. */
function serverTiming(durationMs: number, invocation: Invocation | undefined): string {
  let parts = `total;dur=${inTenths(durationMs)}`;
  if (!invocation) return parts;
  if (invocation.databaseMs > 0) parts += `, db;dur=${inTenths(invocation.databaseMs)}`;
  if (invocation.redisMs > 0) parts += `, redis;dur=${inTenths(invocation.redisMs)}`;
  if (invocation.outboundMs > 0) parts += `, outbound;dur=${inTenths(invocation.outboundMs)}`;
  return parts;
}

function inTenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function logAccess(
  spec: Pick<AnyEndpointSpec, 'id' | 'path'>,
  request: HttpRequest,
  response: HttpResponse,
  durationMs: number,
  invocation: Invocation | undefined,
): void {
  const line = {
    operation: spec.id,
    method: request.method,
    route: spec.path,
    path: request.path,
    status: response.statusCode,
    errorCode: request.errorCode,
    durationMs: inTenths(durationMs),
    databaseMs: inTenths(invocation?.databaseMs ?? 0),
    statements: invocation?.statements,
    redisMs: inTenths(invocation?.redisMs ?? 0),
    outboundMs: inTenths(invocation?.outboundMs ?? 0),
    coldStart: isColdStart,
    organizationId: request.actor?.organizationId,
    requestBytes: request.bodyBytes,
    responseBytes: sizeOf(response),
  };
  const { failure } = request;
  if (failure) logger.error('request failed', { ...line, error: failure });
  else if (durationMs > slowRequestMs) logger.warn('slow request', line);
  else logger.info('request', line);
}
