import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { findRoute } from './match-route.ts';

/** Hands an event to the function behind a route key. */
export type Invoke = (routeKey: string, event: APIGatewayProxyEventV2) => Promise<unknown>;

export interface RuntimeGateway {
  readonly url: string;
  stop(): Promise<void>;
}

// What API Gateway takes at most.
const bodyBytesAtMost = 10 * 1024 * 1024;
const isText = (type = '') => /^text\/|json|xml|javascript/.test(type);

/** Serves routes on 127.0.0.1 as an HTTP API does: payload format 2.0, the stage `$default`. What a function throws is its 500. */
export async function startRuntimeGateway(
  port: number,
  routeKeys: readonly string[],
  invoke: Invoke,
): Promise<RuntimeGateway> {
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://localhost');
    const route = findRoute(routeKeys, request.method ?? 'GET', pathname);
    const body = await buffer(request);
    if (!route) return refuse(response, 404, 'Not Found');
    if (body.length > bodyBytesAtMost) return refuse(response, 413, 'Request Entity Too Large');
    const event = toEvent(request, { pathname, search, body, ...route });
    try {
      send(response, await invoke(route.routeKey, event));
    } catch (error) {
      console.error(error);
      refuse(response, 500, 'Internal Server Error');
    }
  };
  const server = createServer((request, response) => {
    // Of the client that went away nobody has to hear.
    serve(request, response).catch(() => response.destroy());
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function toEvent(
  { method = 'GET', headers, httpVersion, socket }: IncomingMessage,
  request: {
    pathname: string;
    search: string;
    body: Buffer;
    routeKey: string;
    parameters: Readonly<Record<string, string>>;
  },
): APIGatewayProxyEventV2 {
  const { pathname, search, body, routeKey, parameters } = request;
  const { cookie, ...others } = headers;
  const query = Object.entries(Object.groupBy(new URLSearchParams(search), ([name]) => name));
  const now = new Date();
  const isBase64Encoded = body.length > 0 && !isText(headers['content-type']);
  return {
    version: '2.0',
    routeKey,
    rawPath: pathname,
    rawQueryString: search.slice(1),
    ...(cookie && { cookies: cookie.split(';').map((pair) => pair.trim()) }),
    headers: toSingleValues(others),
    ...(query.length > 0 && {
      queryStringParameters: Object.fromEntries(
        query.map(([name, pairs = []]) => [name, pairs.map(([, value]) => value).join(',')]),
      ),
    }),
    ...(Object.keys(parameters).length > 0 && { pathParameters: { ...parameters } }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: 'localhost',
      domainPrefix: 'localhost',
      http: {
        method,
        path: pathname,
        protocol: `HTTP/${httpVersion}`,
        sourceIp: socket.remoteAddress ?? '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      time: now.toISOString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(isBase64Encoded ? 'base64' : 'utf8') }),
    isBase64Encoded,
  };
}

function toSingleValues(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(',')]));
}

function send(response: ServerResponse, answer: unknown): void {
  const {
    statusCode = 200,
    headers = {},
    cookies = [],
    body = '',
    isBase64Encoded,
  } = answer as APIGatewayProxyStructuredResultV2;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
  if (cookies.length > 0) response.setHeader('set-cookie', cookies);
  response.writeHead(statusCode).end(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
}
