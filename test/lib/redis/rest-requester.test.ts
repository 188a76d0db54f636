import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { RedisAway, RestRequester } from '#lib/redis/rest-requester.ts';

let server: Server | undefined;
const sockets = new Set<Socket>();

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
  sockets.clear();
});

async function serve(listener: Parameters<typeof createServer>[1], timeoutMs = 2_000) {
  server = createServer(listener).listen(0, '127.0.0.1');
  server.on('connection', (socket) => sockets.add(socket));
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return new RestRequester(url, 'secret', () => timeoutMs);
}

const pong: Parameters<typeof createServer>[1] = (_, response) => response.end('{"result":"PONG"}');

describe('What the client of Redis sends with', () => {
  test('posts the command with the token, over one connection', async () => {
    const seen: unknown[] = [];
    const requester = await serve(async (request, response) => {
      const chunks = await request.toArray();
      seen.push([request.method, request.url, request.headers.authorization, String(Buffer.concat(chunks))]);
      response.end('{"result":[1,2]}');
    });
    expect(await requester.request({ body: ['get', 'ü'] })).toEqual({ result: [1, 2] });
    await requester.request({ path: ['pipeline'], body: [] });
    expect(seen).toEqual([
      ['POST', '/', 'Bearer secret', '["get","ü"]'],
      ['POST', '/pipeline', 'Bearer secret', '[]'],
    ]);
    expect(sockets.size).toBe(1);
  });

  test('throws what Redis refuses, with its message', async () => {
    const requester = await serve((_, response) => response.writeHead(400).end('{"error":"NOSCRIPT no"}'));
    await expect(requester.request({ body: ['x'] })).rejects.toMatchObject({
      name: 'UpstashError',
      message: 'NOSCRIPT no, command was: ["x"]',
    });
  });

  test('says so when the answer is no JSON', async () => {
    const requester = await serve((_, response) => response.writeHead(502).end('<html>'));
    await expect(requester.request({ body: ['x'] })).rejects.toMatchObject({ name: 'UpstashJSONParseError' });
  });

  test('finds a server away that is not there, and one that does not answer in time', async () => {
    await expect(
      new RestRequester('http://127.0.0.1:1', 't', () => 1_000).request({ body: ['x'] }),
    ).rejects.toThrow(RedisAway);
    const silent = await serve(() => {}, 30);
    await expect(silent.request({ body: ['x'] })).rejects.toThrow('no answer within 30 ms');
  });

  test('finds a server away that breaks off in the middle of its answer', async () => {
    const requester = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{"result"');
      setImmediate(() => response.destroy());
    });
    await expect(requester.request({ body: ['x'] })).rejects.toThrow(RedisAway);
  });

  test('does not send again what a kept connection lost: Redis may have done it', async () => {
    let requests = 0;
    const requester = await serve((request, response) => {
      requests += 1;
      if (requests === 2) return request.socket.resetAndDestroy();
      return pong?.(request, response as never);
    });
    await requester.request({ body: ['ping'] });
    await expect(requester.request({ body: ['incr'] })).rejects.toThrow(RedisAway);
    expect(await requester.request({ body: ['ping'] })).toEqual({ result: 'PONG' });
    expect([requests, sockets.size]).toEqual([3, 2]);
  });

  test('does not cut off calls that begin together', async () => {
    const requester = await serve(pong);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => requester.request({ body: ['ping'] })),
    );
    expect(answers.every(({ result }) => result === 'PONG')).toBe(true);
  });

  test('sends again what could not be written, as all connections that it kept are closed', async () => {
    const requester = await serve(pong);
    await Promise.all(Array.from({ length: 5 }, () => requester.request({ body: ['ping'] })));
    for (const socket of sockets) socket.resetAndDestroy();
    expect(await requester.request({ body: ['ping'] })).toEqual({ result: 'PONG' });
  });

  test('does not send again what was not answered in time', async () => {
    let requests = 0;
    const requester = await serve((request, response) => {
      requests += 1;
      if (requests === 1) pong?.(request, response as never);
    }, 100);
    await requester.request({ body: ['ping'] });
    await expect(requester.request({ body: ['incr'] })).rejects.toThrow('no answer within 100 ms');
    const next = await requester.request({ body: ['x'] }).catch(String);
    expect([next, requests]).toEqual(['RedisAway: no answer within 100 ms', 3]);
  });

  test('does not send again on a connection that it made for the call', async () => {
    let requests = 0;
    const requester = await serve((request) => {
      requests += 1;
      request.socket.resetAndDestroy();
    });
    await expect(requester.request({ body: ['x'] })).rejects.toThrow(RedisAway);
    expect(requests).toBe(1);
  });
});
