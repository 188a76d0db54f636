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

/** Reads a JSON body: refuses it by type, encoding and size before parsing, then ambiguous and unstorable content. */
export function jsonBody(mediaTypes: readonly string[] = ['application/json']): Middleware {
  const parser = httpJsonBodyParser({ reviver: refuseUnstorable });
  return {
    before(exchange) {
      const { event: request } = exchange;
      assertMediaType(request, mediaTypes);
      const text = readText(request);
      request.body = text;
      request.isBase64Encoded = false;
      try {
        parser.before?.(exchange as never);
      } catch (error) {
        throw toAppError(error);
      }
      // JSON.parse keeps the last of two members with one name; others on the way may have gone by the first.
      if (countMembers(request.body, depthLimit) !== countNames(text))
        throw new AppError('malformed_json', 'The body has an object with two members of one name');
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

/** How many members all objects in the value have; throws when it is nested deeper than `remaining` levels. */
function countMembers(value: unknown, remaining: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (remaining === 0)
    throw new AppError('malformed_json', `The body is nested deeper than ${depthLimit} levels`);
  const inner = Object.values(value);
  let members = Array.isArray(value) ? 0 : inner.length;
  for (const member of inner) members += countMembers(member, remaining - 1);
  return members;
}

const [quote, backslash, colon] = [0x22, 0x5c, 0x3a];

/** How many members a valid JSON text names: outside of strings, a colon follows each name and nothing else. */
function countNames(json: string): number {
  let names = 0;
  let isInString = false;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === quote) isInString = !isInString;
    else if (code === colon && !isInString) names++;
  }
  return names;
}

/** The parser reports what it cannot read as an error with the status 422. */
function toAppError(error: unknown): unknown {
  if (error instanceof UnstorableError) return new AppError('malformed_json', error.message);
  const { statusCode } = error as { statusCode?: number };
  return statusCode === 422 ? new AppError('malformed_json', 'The body is not valid JSON') : error;
}
