import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Gateway, startGateway } from '#lib/local/gateway.ts';
import { LocalSetupError } from '#lib/local/local-setup-error.ts';
import { assertPortFree, findFreePort } from '#lib/local/ports.ts';
import { loadServerlessOffline } from '#lib/local/serverless-offline.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

const files = {
  'package.json': JSON.stringify({ type: 'module', imports: { '#lib/*': './lib/*' } }),
  'serverless.yml': `
    service: fixture
    provider:
      name: aws
      runtime: nodejs24.x
      region: eu-central-1
      stage: \${opt:stage, 'dev'}
      environment:
        PLINTH_GATEWAY_TEST: from serverless.yml
        MISSING: \${env:NO_SUCH_VARIABLE}
      httpApi: { payload: '2.0' }
    functions:
      - \${file(functions/area/functions.yml)}
    plugins: [serverless-esbuild, serverless-offline]`,
  'functions/area/functions.yml': `
    echo:
      handler: functions/area/echo.handler
      environment: { PLINTH_GATEWAY_TEST: from the function }
      events:
        - httpApi: GET /echo/{id}
        - httpApi: GET /echo/own
        - httpApi: HEAD /echo/own
        - httpApi: POST /echo
        - httpApi: '*'
    answer:
      handler: functions/area/answer.handler
      events: [{ httpApi: POST /answer }, { httpApi: OPTIONS /answer }]
    wait:
      handler: functions/area/wait.handler
      timeout: 20
      events: [{ httpApi: GET /wait }]
    late:
      handler: functions/area/wait.handler
      timeout: 1
      events: [{ httpApi: GET /late }]
    broken:
      handler: functions/area/broken.handler
      events: [{ httpApi: GET /broken }]
    enum:
      handler: functions/area/enum.handler
      events: [{ httpApi: GET /enum }]
    tick:
      handler: functions/area/tick.handler
      events: [{ schedule: rate(1 minute) }]`,
  'lib/counter.ts': 'let count = 0; export function next(): number { return ++count; }',
  'functions/area/echo.ts': `
    import { next } from '#lib/counter.ts';
    export const handler = async (event: { routeKey: string }) => ({
      statusCode: 200,
      headers: { 'content-type': 'application/json', 'x-route': event.routeKey },
      body: JSON.stringify({ event, count: next(), env: process.env.PLINTH_GATEWAY_TEST ?? null }),
    });`,
  'functions/area/answer.ts': `
    type Event = { body: string };
    export const handler = async (event: Event) => JSON.parse(event.body ?? '{"statusCode":204}');`,
  'functions/area/wait.ts':
    'export const handler = () => new Promise((resolve) => setTimeout(resolve, 60_000));',
  'functions/area/broken.ts': 'throw new Error("secret"); export const handler = () => {};',
  'functions/area/enum.ts': 'enum Not { Erasable } export const handler = () => ({ statusCode: 200 });',
};

describe('The local gateway', () => {
  let serviceDir: string;
  let gateway: Gateway;

  beforeAll(async () => {
    serviceDir = await mkdtemp(join(tmpdir(), 'plinth-gateway-'));
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(serviceDir, path)), { recursive: true });
      await writeFile(join(serviceDir, path), content);
    }
    await symlink(join(repository, 'node_modules'), join(serviceDir, 'node_modules'));
    process.env.PLINTH_GATEWAY_TEST = 'from the process';
    gateway = await startGateway({ port: await findFreePort(), stage: 'local', serviceDir });
  });
  afterAll(async () => {
    delete process.env.PLINTH_GATEWAY_TEST;
    await gateway.stop();
    await rm(serviceDir, { recursive: true });
  });

  async function echo(path: string, init: RequestInit = {}) {
    const response = await fetch(gateway.url + path, init);
    // biome-ignore lint/suspicious/noExplicitAny: an event of API Gateway, read by field
    return { response, ...((await response.json()) as { event: any; count: number; env: string | null }) };
  }

  async function answer(reply: object, init: RequestInit = {}): Promise<Response> {
    return fetch(`${gateway.url}/answer`, { method: 'POST', body: JSON.stringify(reply), ...init });
  }

  it('hands a request over as API Gateway does', async () => {
    const { event } = await echo('/echo/a%20b?x=1&x=2&y=%C3%A9', {
      headers: { 'X-Custom': 'Value', cookie: 'first="a b"; second={"json":1}; first=again' },
    });
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'GET /echo/{id}',
      rawPath: '/echo/a%20b',
      pathParameters: { id: 'a b' },
      queryStringParameters: { x: '1,2', y: 'é' },
      headers: { 'x-custom': 'Value' },
      requestContext: { http: { method: 'GET', sourceIp: '127.0.0.1' }, stage: '$default' },
      isBase64Encoded: false,
    });
    expect([...event.cookies].sort()).toEqual(['first="a b"', 'first=again', 'second={"json":1}']);
  });

  it('hands over bodies as they are, up to 1 MB and more', async () => {
    const malformed = await echo('/echo', {
      method: 'POST',
      body: '{"a": ',
      headers: { 'content-type': 'application/json' },
    });
    expect(malformed.event.body).toBe('{"a": ');
    const json = JSON.stringify({ text: 'é'.repeat(600_000) });
    const large = await echo('/echo', {
      method: 'POST',
      body: json,
      headers: { 'content-type': 'application/json' },
    });
    expect(large.event.body).toBe(json);
  });

  it('prefers a path of its own to one with a parameter', async () => {
    expect((await echo('/echo/own')).event).toMatchObject({ routeKey: 'GET /echo/own' });
    expect((await echo('/echo/owner')).event).toMatchObject({ routeKey: 'GET /echo/{id}' });
  });

  it('gives what no route takes to $default', async () => {
    for (const [method, path] of [
      ['GET', '/nowhere/at/all'],
      ['DELETE', '/echo/1'],
      ['OPTIONS', '/echo/1'],
      ['POST', '/echo/'],
      ['GET', '/echo/1/'],
      ['GET', '/echo//'],
      ['PROPFIND', '/echo/1'],
    ] as const) {
      const { event } = await echo(path, { method });
      expect(event).toMatchObject({
        routeKey: '$default',
        rawPath: path,
        requestContext: { http: { method } },
      });
    }
  });

  it('sends HEAD where a route says so, else to $default', async () => {
    for (const [path, routeKey] of Object.entries({ '/echo/own': 'GET /echo/own', '/echo/1': '$default' }))
      expect((await fetch(gateway.url + path, { method: 'HEAD' })).headers.get('x-route')).toBe(routeKey);
  });

  it('says nothing of a body that does not say what it is', async () => {
    const { event } = await echo('/echo', { method: 'POST', body: Buffer.from('{}') });
    expect(event.headers['content-type'].trim()).toBe('');
  });

  it('leaves compression and parts to the function', async () => {
    const headers = { 'accept-encoding': 'gzip', range: 'bytes=0-1' };
    const plain = await echo(`/echo/${'x'.repeat(2000)}`, { headers });
    expect([plain.response.status, plain.response.headers.get('content-encoding')]).toEqual([200, null]);
    const body = gzipSync('compressed').toString('base64');
    const encoded = await answer({
      statusCode: 200,
      headers: { 'content-encoding': 'gzip' },
      body,
      isBase64Encoded: true,
    });
    expect(await encoded.text()).toBe('compressed');
  });

  it('answers itself as API Gateway does', async () => {
    const response = await fetch(`${gateway.url}/echo/%zz`);
    expect([response.status, await response.json()]).toEqual([400, { message: 'Bad Request' }]);
  });

  it('answers with the status, headers, cookies and body of the function', async () => {
    const response = await answer({
      statusCode: 418,
      headers: { 'x-custom': 'tea', 'content-type': 'application/problem+json' },
      cookies: ['a=1; Path=/; HttpOnly; SameSite=Lax', 'b=two; Max-Age=60; Secure'],
      body: '{"é":1}',
    });
    expect(response.status).toBe(418);
    expect(response.headers.get('x-custom')).toBe('tea');
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const [first, second] = response.headers.getSetCookie();
    expect(first?.split('; ').sort()).toEqual(['HttpOnly', 'Path=/', 'SameSite=Lax', 'a=1']);
    expect(second).toMatch(/^b=two; Max-Age=60; .*Secure/);
    expect(await response.text()).toBe('{"é":1}');
  });

  it('answers with no body and with a binary one', async () => {
    const empty = await answer({ statusCode: 204 });
    expect([empty.status, await empty.text()]).toEqual([204, '']);
    const nothing = await answer({ statusCode: 200, headers: { 'x-custom': 'none' }, body: '' });
    expect([nothing.status, nothing.headers.get('x-custom'), await nothing.text()]).toEqual([
      200,
      'none',
      '',
    ]);
    const bytes = Buffer.from([0, 255, 128, 10]);
    const binary = await answer({ statusCode: 200, body: bytes.toString('base64'), isBase64Encoded: true });
    expect(Buffer.from(await binary.arrayBuffer())).toEqual(bytes);
  });

  it('leaves CORS to the function', async () => {
    const headers = { origin: 'https://elsewhere.example' };
    const refused = await answer({ statusCode: 200, body: '{}' }, { headers });
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    const preflight = await fetch(`${gateway.url}/answer`, { method: 'OPTIONS', headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
    const allowed = { 'access-control-allow-origin': 'https://front.example' };
    const granted = await answer({ statusCode: 200, headers: allowed, body: '{}' }, { headers });
    expect(granted.headers.get('access-control-allow-origin')).toBe('https://front.example');
    expect((await echo('/echo/1', { headers })).event.headers.origin).toBe('https://elsewhere.example');
  });

  it('runs functions with the environment of the process', async () => {
    expect((await echo('/echo/1')).env).toBe('from the process');
  });

  it('answers 500, and nothing more, for a function that fails or takes too long', async () => {
    const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
    for (const path of ['/broken', '/late', '/enum']) {
      const response = await fetch(gateway.url + path);
      expect([response.status, await response.json()]).toEqual([500, { message: 'Internal Server Error' }]);
    }
    const printed = errors.mock.calls.flat().map(String).join();
    expect(printed).toContain('secret');
    expect(printed).toContain('TypeScript enum is not supported in strip-only mode');
    errors.mockRestore();
  });

  it('runs no schedule', async () => {
    const log = { debug() {}, error() {}, info() {}, notice() {}, verbose() {}, warning() {} };
    const { offline } = await loadServerlessOffline(serviceDir, { stage: 'local', useInProcess: true }, log);
    expect(offline.internals().getEvents().scheduleEvents).toEqual([]);
  });

  it('says so when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const error = await startGateway({ port, stage: 'local', serviceDir }).catch((reason: unknown) => reason);
    other.close();
    expect(error).toBeInstanceOf(LocalSetupError);
    expect(String(error)).toContain(
      `Port ${port} is in use: stop what listens there or start with PORT=${port + 1} npm start.`,
    );
    await expect(assertPortFree(await findFreePort())).resolves.toBeUndefined();
  });

  it('is part of its process: one instance of a module, no child, no signal handler, not a word', async () => {
    const program = `
      import { execFileSync } from 'node:child_process';
      import { startGateway } from '${repository}lib/local/gateway.ts';
      const { next } = await import('${serviceDir}/lib/counter.ts');
      const gateway = await startGateway({ port: ${await findFreePort()}, stage: 'local', serviceDir: '${serviceDir}' });
      const counts = [next(), (await (await fetch(gateway.url)).json()).count, next()];
      const children = execFileSync('ps', ['--no-headers', '-o', 'comm', '--ppid', String(process.pid)], { encoding: 'utf8' });
      const signals = ['SIGINT', 'SIGTERM', 'exit'].map((event) => process.listenerCount(event));
      const loading = fetch(gateway.url + '/wait').catch(() => 'cut');
      await new Promise((resolve) => setTimeout(resolve, 50));
      const before = performance.now();
      await gateway.stop();
      const stopMs = Math.round(performance.now() - before);
      process.stdout.write(JSON.stringify({ counts, children: children.trim(), signals, stopMs }));
      process.exit();`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { cwd: serviceDir });
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(errors).toBe('');
    expect(output).toMatch(/^\{/);
    const { stopMs, ...rest } = JSON.parse(output);
    expect(rest).toEqual({ counts: [1, 2, 3], children: 'ps', signals: [0, 0, 0] });
    expect(stopMs).toBeLessThan(2_000);
  });
});
