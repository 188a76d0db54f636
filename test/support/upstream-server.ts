import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll, expect } from 'vitest';
import { sendRequest } from '#lib/outbound/send-request.ts';
import type { Upstream } from '#lib/outbound/upstreams.ts';
import { createSelfSignedCertificate } from './self-signed-certificate.ts';

/** What the servers got, in order. */
export const received: { request: IncomingMessage; body: string }[] = [];

/** What they answer, by path; `?to=` redirects. */
export const pages: Record<string, RequestListener> = {
  '/echo': (request, response) =>
    response.end(JSON.stringify({ method: request.method, headers: request.headers })),
  '/status/503': (_, response) => response.writeHead(503).end(),
  '/status/429': (_, response) => response.writeHead(429, { 'retry-after': '60' }).end(),
  '/status/404': (_, response) => response.writeHead(404).end(),
  '/hangs': () => {},
  '/stalls': (_, response) => response.writeHead(200, { 'content-length': '100' }).write('half'),
  '/endless': (_, response) => {
    const chunk = Buffer.alloc(16 * 1024);
    const write = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', write);
    write();
  },
  '/bomb': (_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(10_000_000))),
  '/headers': (_, response) => response.writeHead(200, { 'x-huge': 'x'.repeat(20_000) }).end(),
  '/cut': (_, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('half');
    setImmediate(() => response.destroy());
  },
  '/upgrade': (_, response) => response.writeHead(101, { upgrade: 'x', connection: 'upgrade' }).end(),
};
const listener: RequestListener = async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString();
  received.push({ request, body });
  const url = new URL(request.url ?? '', 'http://x');
  const location = url.searchParams.get('to');
  if (location) response.writeHead(Number(url.searchParams.get('with') ?? 302), { location }).end();
  else (pages[url.pathname] as RequestListener)(request, response);
};

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function start(server: Server): Promise<number> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

const trusted = createSelfSignedCertificate();
setDefaultCACertificates([...getCACertificates('default'), trusted.cert]);

export const base = `http://127.0.0.1:${await start(createServer(listener))}`;
/** Another origin. */
export const other = `http://127.0.0.1:${await start(createServer(listener))}`;
export const secure = `https://localhost:${await start(createTlsServer(trusted, listener))}`;
export const untrusted = `https://localhost:${await start(createTlsServer(createSelfSignedCertificate(), listener))}`;

/** A service of the test's own, so that no other test's failures open its breaker. */
export const upstream = (settings: Partial<Upstream> = {}): Upstream => ({
  name: randomUUID(),
  timeoutMs: 5_000,
  retries: 0,
  network: 'any',
  largestBodyBytes: 64 * 1024,
  send: sendRequest,
  minimumCalls: 1_000,
  ...settings,
});

export const failure = (reason: string) =>
  expect.objectContaining({ name: 'OutboundError', failure: reason });
