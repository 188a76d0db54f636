import { randomBytes } from 'node:crypto';

export const operations = ['read', 'list', 'create'] as const;
export type Operation = (typeof operations)[number];

/** The last so many users send their tokens again and again, as within the quarter of an hour that those live. */
export const regulars = 100;

export interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly routeKey: string;
  readonly pathParameters?: Record<string, string>;
  readonly token?: string | undefined;
  readonly body?: string;
}

/** One request of an operation, by the next of the tokens and for the next of the projects. */
export function createRequests(tokens: readonly string[], projectIds: readonly string[]) {
  let next = 0;
  return (operation: Operation): Request => {
    next += 1;
    const token = tokens[next % tokens.length];
    if (operation === 'list')
      return { method: 'GET', path: '/api/v1/projects', routeKey: 'GET /api/v1/projects', token };
    if (operation === 'create') {
      const slug = `bench-${randomBytes(8).toString('hex')}`;
      const body = JSON.stringify({ name: 'Apollo', slug, description: 'To the moon', tags: ['space'] });
      return { method: 'POST', path: '/api/v1/projects', routeKey: 'POST /api/v1/projects', token, body };
    }
    const id = projectIds[next % projectIds.length] ?? '';
    return {
      method: 'GET',
      path: `/api/v1/projects/${id}`,
      routeKey: 'GET /api/v1/projects/{id}',
      pathParameters: { id },
      token,
    };
  };
}

/** The event that an HTTP API hands to a function, with the headers that its clients send; they ask for no compression, as only ours has one. */
export function toEvent({ method, path, routeKey, pathParameters, token, body }: Request) {
  const now = new Date();
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    headers: {
      accept: 'application/json',
      host: 'abc123.execute-api.eu-central-1.amazonaws.com',
      'user-agent': 'bench/1.0',
      'x-amzn-trace-id': 'Root=1-65f00000-000000000000000000000000',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json', 'content-length': `${Buffer.byteLength(body)}` }),
    },
    ...(pathParameters && { pathParameters }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'abc123',
      domainName: 'abc123.execute-api.eu-central-1.amazonaws.com',
      domainPrefix: 'abc123',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'bench/1.0' },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey,
      stage: '$default',
      time: now.toISOString(),
      timeEpoch: now.getTime(),
    },
    ...(body && { body }),
    isBase64Encoded: false,
  };
}
