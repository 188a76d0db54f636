import type { APIGatewayProxyEventV2, Context as LambdaContext } from 'aws-lambda';
import type { Endpoint } from '#lib/http/create-pipeline.ts';
import { routeKeyOf } from '#lib/http/define-router.ts';

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

let calls = 0;

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
