import type { AnyEndpointSpec } from './endpoint-spec.ts';
import type { HttpRequest } from './http-request.ts';
import { matchesEntityTag } from './if-match.ts';
import type { HttpResponse } from './middleware.ts';
import { ndjsonMediaType, writeLines } from './ndjson.ts';

/** The HTTP answer for an operation's result: only what the response schema declares; 304 when the caller has it. */
export function toResponse(
  { response: spec, method }: AnyEndpointSpec,
  request: HttpRequest,
  result: unknown,
): HttpResponse {
  const output = spec.schema?.parse(result);
  const headers: Record<string, string> = {};
  if (spec.schema) headers['content-type'] = spec.contentType ?? 'application/json';
  for (const [name, toValue] of Object.entries(spec.headers ?? {})) {
    const value = toValue(output, request);
    if (value !== undefined) headers[name.toLowerCase()] = value;
  }
  if (!spec.schema) return { statusCode: spec.status, headers, ...cookiesOf(spec, undefined) };
  if (headers.etag && method === 'GET') {
    // A copy may be kept, but has to be asked about before each use.
    headers['cache-control'] ??= 'private, no-cache';
    if (matchesEntityTag(request.headers['if-none-match'], headers.etag)) {
      const { 'content-type': _, ...validators } = headers;
      return { statusCode: 304, headers: validators };
    }
  }
  const alternative = spec.alternative?.when(output) ? spec.alternative : undefined;
  if (alternative) headers['retry-after'] = String(alternative.retryAfterSeconds);
  return {
    statusCode: alternative?.status ?? spec.status,
    headers,
    ...cookiesOf(spec, output),
    ...toBody(spec, output),
  };
}

function cookiesOf({ cookies }: AnyEndpointSpec['response'], output: unknown) {
  return cookies && { cookies: cookies(output) };
}

function toBody({ bytes, contentType }: AnyEndpointSpec['response'], output: unknown) {
  if (!bytes) return { body: toText(output, contentType) };
  return { body: bytes(output).toString('base64'), isBase64Encoded: true };
}

function toText(output: unknown, contentType: string | undefined): string {
  if (typeof output === 'string') return output;
  if (contentType === ndjsonMediaType) return writeLines((output as { items: unknown[] }).items);
  return JSON.stringify(output);
}
