import type { APIGatewayProxyEventV2, Context as LambdaContext } from 'aws-lambda';
import { expect } from 'vitest';
import { type ErrorCode, errorCatalog } from '#lib/errors/catalog.ts';
import type { Endpoint } from '#lib/http/create-pipeline.ts';
import { routeKeyOf } from '#lib/http/define-router.ts';
import { errorCodesOf } from '#lib/http/error-codes.ts';

export interface CallOptions {
  token?: string | undefined;
  params?: Record<string, string>;
  query?: string | Record<string, string>;
  headers?: Record<string, string>;
  cookies?: string[];
  /** Sent as JSON, unless it is a string, which is sent as it is. */
  body?: unknown;
  sourceIp?: string;
  path?: string;
  method?: string;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  cookies: string[];
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever the answer has.
  body: any;
  text: string;
}

let calls = 0;

/** Sends one request through a handler as API Gateway would, and checks that the contract declares the answer. */
export async function call(endpoint: Endpoint, options: CallOptions = {}): Promise<Answer> {
  const response = await endpoint(toEvent(endpoint, options), lambdaContext());
  const text = response.body ?? '';
  const headers = Object.fromEntries(
    Object.entries(response.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  const isJson = /json/.test(headers['content-type'] ?? '');
  const answer = {
    status: Number(response.statusCode),
    headers,
    cookies: response.cookies ?? [],
    body: isJson ? JSON.parse(text) : text,
    text,
  };
  assertDeclared(endpoint, answer);
  return answer;
}

/** The API Gateway event (HTTP API, payload 2.0) of a request; every call has an address of its own. */
export function toEvent({ spec }: Endpoint, options: CallOptions): APIGatewayProxyEventV2 {
  calls += 1;
  const method = options.method ?? (spec.method === 'ANY' ? 'GET' : spec.method);
  const path =
    options.path ??
    spec.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(options.params?.[name] ?? name));
  const body =
    options.body === undefined || typeof options.body === 'string'
      ? options.body
      : JSON.stringify(options.body);
  return {
    version: '2.0',
    routeKey: routeKeyOf(spec),
    rawPath: path,
    rawQueryString:
      typeof options.query === 'string' ? options.query : new URLSearchParams(options.query).toString(),
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(options.token && { authorization: `Bearer ${options.token}` }),
      ...options.headers,
    },
    ...(options.cookies && { cookies: options.cookies }),
    ...(options.params && { pathParameters: options.params }),
    requestContext: {
      accountId: 'test',
      apiId: 'test',
      domainName: 'localhost',
      domainPrefix: 'localhost',
      http: {
        method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: options.sourceIp ?? `10.${(calls >> 16) & 255}.${(calls >> 8) & 255}.${calls & 255}`,
        userAgent: 'test',
      },
      requestId: 'test',
      routeKey: routeKeyOf(spec),
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
    ...(body !== undefined && { body }),
    isBase64Encoded: false,
  };
}

/** The Lambda context of an invocation with `remainingMs` left. */
export function lambdaContext(remainingMs = 10_000): LambdaContext {
  const endsAt = performance.now() + remainingMs;
  return {
    functionName: 'test',
    awsRequestId: 'test',
    getRemainingTimeInMillis: () => endsAt - performance.now(),
  } as LambdaContext;
}

function assertDeclared({ spec }: Endpoint, { status, body, headers }: Answer): void {
  if (headers['content-type'] === 'application/problem+json') {
    expect([...errorCodesOf(spec)], `${spec.id} answers ${body.code}`).toContain(body.code);
    expect(errorCatalog[body.code as ErrorCode].status).toBe(status);
    return;
  }
  const { response } = spec;
  expect([response.status, 304, response.alternative?.status]).toContain(status);
}
