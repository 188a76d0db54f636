import { logger } from '#lib/observability/logger.ts';
import { recordInvocation } from '#lib/observability/metrics.ts';
import { recordMeasurement } from '#lib/observability/record-measurement.ts';
import type { HttpRequest } from './http-request.ts';
import type { Exchange, HttpResponse, Middleware } from './middleware.ts';

const slowRequestMs = 2_000;

const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'cache-control': 'no-store',
};

let isColdStart = true;

/** Ends every exchange, whatever its outcome: common headers, one access line, one measurement. */
export function finishRequest(operation: string): Middleware {
  const finish = ({ event: request, response }: Exchange) => {
    if (!response) return;
    const durationMs = performance.now() - request.startedAt;
    response.headers = {
      ...securityHeaders,
      ...request.responseHeaders,
      ...response.headers,
      'x-request-id': request.requestId,
      'x-process-time': (durationMs / 1000).toFixed(6),
      'server-timing': `total;dur=${durationMs.toFixed(1)}`,
    };
    logAccess(operation, request, response, durationMs);
    const isFault = Number(response.statusCode) >= 500;
    recordInvocation({ operation, durationMs, isFault, isColdStart });
    recordMeasurement({ operation, outcome: Number(response.statusCode), durationMs, isColdStart });
    isColdStart = false;
  };
  return { after: finish, onError: finish };
}

function logAccess(
  operation: string,
  request: HttpRequest,
  response: HttpResponse,
  durationMs: number,
): void {
  const line = {
    operation,
    method: request.method,
    path: request.path,
    status: response.statusCode,
    durationMs: Math.round(durationMs * 10) / 10,
    coldStart: isColdStart,
    requestId: request.requestId,
    organizationId: request.actor?.organizationId,
    responseBytes: Buffer.byteLength(response.body ?? ''),
  };
  const { failure } = request;
  if (failure) logger.error('request failed', { ...line, error: failure });
  else if (durationMs > slowRequestMs) logger.warn('slow request', line);
  else logger.info('request', line);
}
