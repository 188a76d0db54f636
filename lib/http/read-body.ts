import { AppError } from '#lib/errors/app-error.ts';
import type { AnyEndpointSpec } from './endpoint-spec.ts';
import type { HttpRequest } from './http-request.ts';
import type { Middleware } from './middleware.ts';
import { ndjsonMediaType } from './ndjson.ts';
import { parseJson } from './parse-json.ts';

type BodySpec = Pick<AnyEndpointSpec, 'method' | 'bodyFormat' | 'bodyLimitBytes'>;

// Larger than any valid input of one record (16 KB metadata and 4 KB text, escaped).
const defaultLimitBytes = 128 * 1024;

/** The most that a body of the operation may have. */
export function bodyLimitOf({ bodyLimitBytes = defaultLimitBytes }: BodySpec): number {
  return bodyLimitBytes;
}

/** The media types an operation reads; a PATCH is a JSON merge patch (RFC 7396) under either name. */
export function bodyMediaTypes({ method, bodyFormat }: BodySpec): string[] {
  if (bodyFormat === 'ndjson') return [ndjsonMediaType];
  return method === 'PATCH' ? ['application/merge-patch+json', 'application/json'] : ['application/json'];
}

/** Refuses a body by type, encoding and size, then parses it; NDJSON stays text, for its lines fail one by one. */
export function readBody(spec: BodySpec): Middleware {
  return {
    before({ event: request }) {
      assertMediaType(request, bodyMediaTypes(spec));
      const text = readText(request, bodyLimitOf(spec));
      request.isBase64Encoded = false;
      request.body = spec.bodyFormat === 'ndjson' ? text : parseJson(text);
    },
  };
}

/** Reads the body before the gate, which needs the account in it, and refuses a bad one behind it, where the request is counted. */
export function readBodyAround(spec: BodySpec, gate: Middleware): Middleware[] {
  const reader = readBody(spec);
  const refusals = new WeakMap<HttpRequest, AppError>();
  return [
    {
      before(exchange) {
        try {
          reader.before?.(exchange);
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          refusals.set(exchange.event, error);
        }
      },
    },
    gate,
    {
      before({ event: request }) {
        const refusal = refusals.get(request);
        if (refusal) throw refusal;
      },
    },
  ];
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

function readText({ body, bodyBytes, isBase64Encoded }: HttpRequest, limitBytes: number): string {
  if (bodyBytes > limitBytes)
    throw new AppError('body_too_large', `The body may have at most ${limitBytes} bytes`);
  const text = typeof body === 'string' ? body : '';
  if (!isBase64Encoded) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'base64'));
  } catch (error) {
    if (error instanceof TypeError) throw new AppError('malformed_json', 'The body is not UTF-8');
    throw error;
  }
}
