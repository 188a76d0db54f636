import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RedisBackend, RedisCommand, RedisReply, RedisValue } from './redis-backend.ts';

export type RedisEndpoint = {
  url: string;
  token: string;
  /** HTTP requests that arrived so far. */
  requests(): number;
  close(): Promise<void>;
};

type Answer = { status: number; body: RedisReply | RedisReply[] };

// The largest request that Upstash takes.
const maxBodyBytes = 10 * 1024 * 1024;

// Upstash has no connection to keep between two requests, and a blocked command would hold up all the others here.
const notOverHttp =
  /^(auth|b[lrz]\w+|client|discard|exec|hello|monitor|multi|p?s?(un)?subscribe|quit|reset|select|shutdown|(un)?watch|wait)$/i;

/**
 * Serves Upstash's REST protocol on 127.0.0.1, from memory or from the Redis at `redisUrl`; without `port` it takes a
 * free one. Throws `LocalSetupError` when that Redis does not answer.
 */
export async function startRedisEndpoint(options: {
  port?: number;
  token: string;
  redisUrl?: string;
}): Promise<RedisEndpoint> {
  const backend = await openBackend(options.redisUrl);
  let requests = 0;

  const server = createServer(async (request, response) => {
    requests += 1;
    const { status, body } = await answer(backend, options.token, request);
    const isBase64 = request.headers['upstash-encoding'] === 'base64';
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isBase64 ? encodeBody(body) : body));
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    await backend.close();
    throw error;
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: options.token,
    requests: () => requests,
    async close() {
      server.close();
      server.closeAllConnections();
      await backend.close();
    },
  };
}

async function openBackend(redisUrl: string | undefined): Promise<RedisBackend> {
  // Each of the two libraries costs about 0.1 s to load, and only one is needed.
  if (redisUrl) return (await import('./redis-server-backend.ts')).connectRedisServer(redisUrl);
  return (await import('./redis-memory-backend.ts')).createRedisInMemory();
}

async function answer(backend: RedisBackend, token: string, request: IncomingMessage): Promise<Answer> {
  if (request.headers.authorization !== `Bearer ${token}`) return failure(401, 'Unauthorized');
  const path = request.url ?? '/';
  if (request.method !== 'POST' || !['/', '/pipeline', '/multi-exec'].includes(path)) {
    return failure(404, `ERR no such path: ${request.method} ${path}`);
  }
  const text = await readBody(request);
  if (text === undefined) return failure(413, `ERR max request size exceeded. Limit: ${maxBodyBytes} bytes`);
  const commands = parseCommands(text, path === '/');
  if (!commands) return failure(400, 'ERR failed to parse the command');
  const refused = commands.find(([name]) => notOverHttp.test(name));
  if (refused) return failure(400, `ERR Command is not available: '${refused[0].toUpperCase()}'`);

  try {
    const replies = await backend.run(commands, path === '/multi-exec');
    if (path !== '/') return { status: 200, body: replies };
    const [reply = { error: 'ERR no reply' }] = replies;
    return { status: 'error' in reply ? 400 : 200, body: reply };
  } catch (error) {
    return failure(400, error instanceof Error ? error.message : String(error));
  }
}

function failure(status: number, error: string): Answer {
  return { status, body: { error } };
}

/** Nothing when the body is too large; a body that breaks off reads as far as it came. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes <= maxBodyBytes) chunks.push(chunk);
    }
  } catch (error) {
    // The client went away: nobody reads the answer, and half a command does not parse.
    if (!(error instanceof Error && 'code' in error && error.code === 'ECONNRESET')) throw error;
  }
  return sizeBytes <= maxBodyBytes ? Buffer.concat(chunks).toString('utf8') : undefined;
}

function parseCommands(text: string, isSingle: boolean): RedisCommand[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // JSON.parse throws nothing but SyntaxError, and that is the client's mistake.
    return undefined;
  }
  const commands: unknown = isSingle ? [json] : json;
  return Array.isArray(commands) && commands.length > 0 && commands.every(isCommand)
    ? commands.map((command) => command.map(String) as RedisCommand)
    : undefined;
}

function isCommand(value: unknown): value is [unknown, ...unknown[]] {
  return (
    Array.isArray(value) &&
    typeof value[0] === 'string' &&
    value.every((part) => ['string', 'number', 'boolean'].includes(typeof part))
  );
}

function encodeBody(body: Answer['body']): Answer['body'] {
  if (Array.isArray(body)) return body.map(encodeReply);
  return encodeReply(body);
}

// The client decodes every string except a bare OK.
function encodeReply(reply: RedisReply): RedisReply {
  if ('error' in reply || reply.result === 'OK') return reply;
  return { result: encodeValue(reply.result) };
}

function encodeValue(value: RedisValue): RedisValue {
  if (typeof value === 'string') return Buffer.from(value).toString('base64');
  return Array.isArray(value) ? value.map(encodeValue) : value;
}
