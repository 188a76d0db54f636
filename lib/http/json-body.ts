import httpJsonBodyParser from '@middy/http-json-body-parser';
import { AppError } from '#lib/errors/app-error.ts';
import type { HttpRequest } from './http-request.ts';
import type { Middleware } from './middleware.ts';

/** Larger than any valid input of today's operations (16 KB metadata and 4 KB text, escaped). */
export const bodyLimitBytes = 128 * 1024;
/** The media types an operation reads; a PATCH is a JSON merge patch (RFC 7396) under either name. */
export function bodyMediaTypes({ method }: { method: string }): string[] {
  return method === 'PATCH' ? ['application/merge-patch+json', 'application/json'] : ['application/json'];
}

// Deep enough for any document of people; recursion over it, ours and PostgreSQL's, stays far from its limits.
const depthLimit = 64;

/** Reads a JSON body: refuses it by type, encoding and size before parsing, and values that cannot be stored. */
export function jsonBody(mediaTypes: readonly string[] = ['application/json']): Middleware {
  const parser = httpJsonBodyParser({ reviver: refuseUnstorable });
  return {
    before(exchange) {
      const { event: request } = exchange;
      assertMediaType(request, mediaTypes);
      request.body = readText(request);
      request.isBase64Encoded = false;
      try {
        parser.before?.(exchange as never);
      } catch (error) {
        throw toAppError(error);
      }
      assertDepth(request.body, depthLimit);
    },
  };
}

function assertMediaType({ headers }: HttpRequest, mediaTypes: readonly string[]): void {
  const [type, ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(/\s*;\s*/);
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  const isKnown = mediaTypes.includes(type ?? '') && /^(charset="?utf-8"?)?$/.test(charset ?? '');
  if (!isKnown)
    throw new AppError('unsupported_media_type', `The body must be ${mediaTypes.join(' or ')} in UTF-8`);
  if (headers['content-encoding'])
    throw new AppError('unsupported_media_type', 'The body must be sent without Content-Encoding');
}

function readText({ body, isBase64Encoded }: HttpRequest): string {
  const text = typeof body === 'string' ? body : '';
  const bytes = Buffer.from(text, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > bodyLimitBytes)
    throw new AppError('body_too_large', `The body may have at most ${bodyLimitBytes} bytes`);
  if (!isBase64Encoded) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw new AppError('malformed_json', 'The body is not UTF-8');
    throw error;
  }
}

class UnstorableError extends Error {}

// PostgreSQL text has no NUL, and UTF-8 has no lone surrogates: neither could be stored and read back.
function refuseUnstorable(key: string, value: unknown): unknown {
  for (const text of [key, value])
    if (typeof text === 'string' && (text.includes('\u0000') || !text.isWellFormed()))
      throw new UnstorableError('The body has a NUL or an unpaired surrogate in a text');
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
    throw new UnstorableError('The body has a number out of range');
  return value;
}

function assertDepth(value: unknown, remaining: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (remaining === 0)
    throw new AppError('malformed_json', `The body is nested deeper than ${depthLimit} levels`);
  for (const member of Object.values(value)) assertDepth(member, remaining - 1);
}

/** The parser reports what it cannot read as an error with the status 422. */
function toAppError(error: unknown): unknown {
  if (error instanceof UnstorableError) return new AppError('malformed_json', error.message);
  const { statusCode } = error as { statusCode?: number };
  return statusCode === 422 ? new AppError('malformed_json', 'The body is not valid JSON') : error;
}
