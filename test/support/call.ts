import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { expect } from 'vitest';
import { type ErrorCode, errorCatalog } from '#lib/errors/catalog.ts';
import type { Endpoint } from '#lib/http/create-pipeline.ts';
import { errorCodesOf } from '#lib/http/error-codes.ts';
import type { HttpResponse } from '#lib/http/middleware.ts';
import { assertHeaders } from './assert-headers.ts';
import { type CallOptions, lambdaContext, toEvent } from './event.ts';
import { findBreach, operationIdAt } from './find-breach.ts';

export interface Answer {
  status: number;
  headers: Record<string, string>;
  cookies: string[];
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever the answer has.
  body: any;
  text: string;
}

/** Sends one request through a handler as API Gateway would, and checks that the contract declares the answer. */
export function call(endpoint: Endpoint, options: CallOptions = {}): Promise<Answer> {
  return answerTo(endpoint, toEvent(endpoint, options));
}

/** The same with an event as it is. */
export async function answerTo(
  endpoint: Endpoint,
  event: APIGatewayProxyEventV2,
  context = lambdaContext(),
): Promise<Answer> {
  return readAnswer(endpoint, event, await endpoint(event, context));
}

/** What a function returned for an event, as a client sees it; fails when the contract does not declare it. */
export async function readAnswer(
  endpoint: Endpoint,
  event: APIGatewayProxyEventV2,
  response: HttpResponse,
): Promise<Answer> {
  const text = textOf(response);
  const headers = Object.fromEntries(
    Object.entries(response.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  const isJson = /[/+]json/.test(headers['content-type'] ?? '');
  const answer = {
    status: Number(response.statusCode),
    headers,
    cookies: response.cookies ?? [],
    body: isJson ? JSON.parse(text || 'null') : text,
    text,
  };
  await assertDeclared(endpoint, event.requestContext.http.method, answer);
  assertHeaders(headers);
  return answer;
}

/** The text of a body, decoded and decompressed. */
export function textOf({ body = '', isBase64Encoded, headers }: HttpResponse): string {
  if (!isBase64Encoded) return body;
  const bytes = Buffer.from(body, 'base64');
  const coding = headers?.['content-encoding'];
  if (coding === 'br') return brotliDecompressSync(bytes).toString();
  return (coding === 'gzip' ? gunzipSync(bytes) : bytes).toString();
}

async function assertDeclared({ spec }: Endpoint, method: string, answer: Answer): Promise<void> {
  if (spec.path !== '$default' && operationIdAt(spec) !== spec.id) return assertDeclaredBySpec(spec, answer);
  const breach = await findBreach({ ...spec, isHead: method === 'HEAD' }, answer);
  if (breach) expect.fail(`${spec.id} answers ${answer.status} against the OpenAPI document: ${breach}`);
}

/** Of an endpoint that only a test has. */
function assertDeclaredBySpec(spec: Endpoint['spec'], { status, body, headers }: Answer): void {
  if (headers['content-type'] === 'application/problem+json') {
    expect([...errorCodesOf(spec)], `${spec.id} answers ${body.code}`).toContain(body.code);
    expect(errorCatalog[body.code as ErrorCode].status).toBe(status);
    return;
  }
  const { response } = spec;
  expect([response.status, 304, response.alternative?.status]).toContain(status);
}
