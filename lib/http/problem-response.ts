import type { AppError } from '#lib/errors/app-error.ts';
import { errorCatalog } from '#lib/errors/catalog.ts';
import { toAppError } from '#lib/errors/to-app-error.ts';
import { toError } from '#lib/errors/to-error.ts';
import { stepUpSeconds } from '#lib/sessions/lifetime.ts';
import type { HttpRequest } from './http-request.ts';
import type { HttpResponse, Middleware } from './middleware.ts';

type Asked = Pick<HttpRequest, 'path' | 'requestId' | 'headers'>;

/** Answers any throw as `application/problem+json` (RFC 9457), by the catalogue alone. */
export function problemResponse(): Middleware {
  return {
    onError(exchange) {
      const error = toAppError(exchange.error);
      exchange.event.errorCode = error.code;
      if (errorCatalog[error.code].status >= 500) exchange.event.failure = toError(exchange.error);
      exchange.response = toProblem(error, exchange.event);
    },
  };
}

/** The problem that an error is to a client; without the headers that every answer has. */
export function toProblem(error: AppError, request: Asked): HttpResponse {
  const { status, title, retryable } = errorCatalog[error.code];
  return {
    statusCode: status,
    headers: { 'content-type': 'application/problem+json', ...problemHeaders(error, request) },
    body: JSON.stringify({
      type: `/problems/${error.code}`,
      title,
      status,
      // What the service itself did wrong is for the log, not for the client.
      ...(status < 500 && { detail: error.message }),
      instance: request.path,
      code: error.code,
      requestId: request.requestId,
      retryable,
      ...(error.options.errors && { errors: error.options.errors }),
    }),
  };
}

function problemHeaders({ code, options }: AppError, request: Asked): Record<string, string> {
  const headers: Record<string, string> = {};
  // RFC 9110, 15.5.2: every 401 says what is wanted.
  if (errorCatalog[code].status === 401) headers['www-authenticate'] = 'Bearer';
  // RFC 6750, 3.1: no error code for a request that did not try.
  if (code === 'unauthenticated' && request.headers.authorization)
    headers['www-authenticate'] = 'Bearer error="invalid_token"';
  // RFC 9470, 3.
  if (code === 'step_up_required')
    headers['www-authenticate'] = `Bearer error="insufficient_user_authentication", max_age=${stepUpSeconds}`;
  if (code === 'unavailable' || code === 'deadline_exceeded') headers['retry-after'] = '1';
  if (options.retryAfterSeconds !== undefined) headers['retry-after'] = String(options.retryAfterSeconds);
  if (options.currentVersion !== undefined) headers.etag = `"v${options.currentVersion}"`;
  if (options.allowedMethods) headers.allow = options.allowedMethods.join(', ');
  return headers;
}
