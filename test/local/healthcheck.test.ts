import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';

const script = join(import.meta.dirname, '../../lib/local/healthcheck.ts');
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serve = (listener: RequestListener) => listen(createHttpServer(listener));
const answer = (status: number, body: unknown, type = 'application/health+json') =>
  serve((_, response) => {
    response.writeHead(status, { 'content-type': type });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });

/** Runs the command as a shell would, in a process of its own. */
function healthcheck(...parameters: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, HEALTHCHECK_TOKEN: '', NODE_OPTIONS: '' };
  return run(env, parameters);
}

function run(env: NodeJS.ProcessEnv, parameters: string[]) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const child = execFile(process.execPath, [script, ...parameters], { env }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

const withoutRetries = ['--retries', '0'];
const slow = {
  status: 'warn',
  checks: {
    'database:responseTime': [{ status: 'pass', observedValue: 3.2, observedUnit: 'ms' }],
    'redis:responseTime': [{ status: 'warn', output: 'does not answer', reason: 'ECONNREFUSED' }],
  },
};

describe('what the service says', () => {
  test.each([
    [200, { status: 'pass' }, 0, 'pass'],
    [200, slow, 1, 'warn'],
    [503, { status: 'fail' }, 2, 'fail'],
    [200, { status: 'fail' }, 2, 'fail'],
    [503, { status: 'pass' }, 2, 'fail'],
    [200, { status: 'UP' }, 0, 'pass'],
    [503, { status: 'down' }, 2, 'fail'],
    [200, { status: 'perhaps' }, 2, 'fail'],
    [200, { status: 'constructor' }, 2, 'fail'],
    [200, { status: '__proto__' }, 2, 'fail'],
    [200, { status: 'pass', checks: null }, 0, 'pass'],
    [200, { status: 'pass', checks: { odd: null, list: [null], text: 'x' } }, 0, 'pass'],
  ])('HTTP %i %j exits with %i', async (status, body, code, word) => {
    const result = await healthcheck(await answer(status, body), ...withoutRetries);
    expect([result.code, result.out.split(' ')[0]]).toEqual([code, word]);
    expect(result.err).toBe('');
  });

  test('is a table, or with --json one line', async () => {
    const url = await answer(200, slow);
    const table = await healthcheck(`${url}/health`, ...withoutRetries);
    expect(table.out).toBe(
      `warn  ${url}/health\n` +
        'database:responseTime  pass  3.2 ms\n' +
        'redis:responseTime     warn          does not answer, ECONNREFUSED\n',
    );
    const json = await healthcheck(url, '--json', ...withoutRetries);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toEqual({
      url: `${url}/api/v1/health/ready`,
      status: 'warn',
      checks: [
        { name: 'database:responseTime', status: 'pass', observed: '3.2 ms', output: '' },
        { name: 'redis:responseTime', status: 'warn', observed: '', output: 'does not answer, ECONNREFUSED' },
      ],
    });
  });

  test('cannot steer the terminal', async () => {
    const checks = { 'a\u001b[2J:b': [{ status: 'fail', output: '\u001b]0;title\u0007\n\r' }] };
    const { out } = await healthcheck(await answer(200, { status: 'pass', checks }), ...withoutRetries);
    expect(out).not.toMatch(/[^\P{Cc}\n]/u);
    expect(out.trim().split('\n')).toHaveLength(2);
  });
});

describe('a URL', () => {
  const seen: (string | undefined)[] = [];
  const record = () =>
    serve((request, response) => {
      seen.push(request.url, request.headers.authorization);
      response.end('{"status":"pass"}');
    });

  test('without a path means readiness, any other is asked as it is; the token goes along', async () => {
    seen.length = 0;
    const url = await record();
    await healthcheck(url, '--token', 'one');
    await run({ ...process.env, HEALTHCHECK_TOKEN: 'two' }, [`${url}/api/v1/health/detailed?x=1`]);
    await healthcheck(`${url}/health`);
    expect(seen).toEqual([
      '/api/v1/health/ready',
      'Bearer one',
      '/api/v1/health/detailed?x=1',
      'Bearer two',
      '/health',
      undefined,
    ]);
  });

  test.each([
    [['--timeout', '0', 'http://127.0.0.1']],
    [['--retries', 'x', 'http://127.0.0.1']],
    [['--timeout', '99999999999', 'http://127.0.0.1']],
    [['--retries', '40', 'http://127.0.0.1']],
    [['--nonsense', 'http://127.0.0.1']],
    [['not a url']],
    [['ftp://127.0.0.1']],
    [['http://127.0.0.1', 'http://127.0.0.1']],
    [['http://name:secret@127.0.0.1']],
    [[]],
  ])('or option that is wrong is 64, and nothing is asked: %j', async (parameters) => {
    const { code, out, err } = await healthcheck(...parameters);
    expect([code, out]).toEqual([64, '']);
    expect(err).toContain('Usage: npm run healthcheck');
    expect(err).not.toContain('secret');
  });
});

describe('no report is 3', () => {
  test.each([
    [500, '<h1>Internal Server Error</h1>', 'text/html'],
    [200, '<h1>Welcome</h1>', 'text/html'],
    [200, '"pass"', 'application/json'],
    [200, 'null', 'application/json'],
    [200, '', 'application/health+json'],
    [404, '{"type":"/problems/not_found","status":404}', 'application/problem+json'],
  ])('for HTTP %i %s', async (status, body, type) => {
    const { code, out } = await healthcheck(await answer(status, body, type), ...withoutRetries);
    expect(code).toBe(3);
    expect(out).toContain(`HTTP ${status} and no health report`);
  });

  test('with a hint where a token is missing', async () => {
    const { code, out } = await healthcheck(await answer(401, '{"status":401}'), ...withoutRetries);
    expect([code, out.includes('token')]).toEqual([3, true]);
  });

  test('when nobody listens', async () => {
    const server = createServer();
    const url = await listen(server);
    server.close();
    const { code, out } = await healthcheck(url, ...withoutRetries);
    expect([code, out.includes('ECONNREFUSED')]).toEqual([3, true]);
  });

  test.each([
    ['never answers', () => {}],
    ['stops in the middle', (_: unknown, response: { write(text: string): void }) => response.write('{"sta')],
  ])('when it %s', async (_, listener) => {
    const url = await serve(listener as RequestListener);
    const { code, out } = await healthcheck(url, '--timeout', '200', ...withoutRetries);
    expect([code, out.includes('no answer within 200 ms')]).toEqual([3, true]);
    for (const server of servers) (server as ReturnType<typeof createHttpServer>).closeAllConnections();
  });

  test('when it answers without end', async () => {
    const url = await serve((_, response) => {
      const more = () => {
        while (response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      response.on('error', () => {});
      more();
    });
    const { code, out } = await healthcheck(url, ...withoutRetries);
    expect([code, out.includes('longer than 1000000 bytes')]).toEqual([3, true]);
  });

  test('when it resets the connection, or speaks something else', async () => {
    const resets = await listen(createServer((socket) => socket.resetAndDestroy()));
    const speaks = await listen(createServer((socket) => socket.end('220 smtp.example.com ESMTP\r\n')));
    for (const url of [resets, speaks]) expect((await healthcheck(url, ...withoutRetries)).code).toBe(3);
  });
});

describe('retries', () => {
  test('stop at the first answer that passes', async () => {
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      if (requests === 1) return void request.socket.destroy();
      response.writeHead(requests === 2 ? 503 : 200);
      response.end(JSON.stringify({ status: requests === 2 ? 'fail' : 'pass' }));
    });
    expect((await healthcheck(url)).code).toBe(0);
    expect(requests).toBe(3);
  });

  test('are as many as told', async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests += 1;
      response.writeHead(503).end('{"status":"fail"}');
    });
    expect((await healthcheck(url, '--retries', '1')).code).toBe(2);
    expect(requests).toBe(2);
  });
});
