import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from '#lib/client/src/index.ts';
import { findFreePort } from '#lib/local/ports.ts';
import { copyOfSource } from '#test/support/copy-of-source.ts';
import { fetchDeclared } from '#test/support/fetch-declared.ts';
import { runReadmeWalk } from '#test/support/readme-walk.ts';

const root = join(import.meta.dirname, '../..');
const startTimeoutMs = 60_000;

let checkout: string;
let port: number;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  checkout = mkdtempSync(join(tmpdir(), 'plinth-e2e-'));
  // PostgreSQL runs as another user when this process is root.
  chmodSync(checkout, 0o755);
  for (const part of ['functions', 'lib', 'drizzle', 'events', 'package.json', 'serverless.yml'])
    cpSync(join(root, part), join(checkout, part), copyOfSource);
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  port = await findFreePort();
});

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(checkout, { recursive: true, force: true });
});

const { PATH = '', HOME = '', NODE_OPTIONS = '' } = process.env;
/** A newcomer's shell, with none of the test's settings. */
const newcomer = { PATH, HOME };
/** The same, with packages that load faster (test/support/bundle-packages.ts). */
const hurried = { ...newcomer, NODE_OPTIONS };

/** Runs what `npm start` runs. */
function start(environment: Record<string, string> = hurried, ...args: string[]) {
  const child = spawn(process.execPath, ['lib/local/start.ts', ...args], {
    cwd: checkout,
    env: { PORT: String(port), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let output = '';
  const ended = once(child, 'exit').then(([code]) => {
    children.delete(child);
    return { code, output };
  });
  const ready = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      if (output.includes('Ctrl-C stops everything')) resolve(output);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    ended.then(() => reject(new Error(output)));
  });
  // Whoever waits for the end only does not want to hear of it twice.
  ready.catch(() => undefined);
  return { child, ready, ended, output: () => output };
}

async function stop({ child, ended }: ReturnType<typeof start>): Promise<number> {
  const before = performance.now();
  child.kill('SIGINT');
  expect((await ended).code).toBe(0);
  expect(execFileSync('ps', ['ax', '-o', 'args'], { encoding: 'utf8' })).not.toContain(checkout);
  return performance.now() - before;
}

/** A request of which the headers matter; what is only about the API goes through the client. */
interface Sent {
  token?: string;
  body?: object;
  headers?: Record<string, string>;
}

async function send(method: string, path: string, { token, body, headers = {} }: Sent = {}) {
  const response = await fetchDeclared(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: {
      ...headers,
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text && JSON.parse(text) };
}

/** Sends the event of an operation, as `npm run invoke` does. */
function invoke(id: string) {
  const answer = execFileSync(process.execPath, ['lib/local/invoke.ts', id], {
    cwd: checkout,
    env: { ...hurried, POWERTOOLS_LOG_LEVEL: 'SILENT' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(answer);
}

/** What the gateway has a part in, over a real socket. */
async function keepsToHttp(path: string, token: string): Promise<void> {
  const health = await send('HEAD', '/health');
  expect([health.status, health.body, Number(health.headers.get('content-length'))]).toEqual([
    200,
    '',
    '{"status":"pass"}'.length,
  ]);
  const head = await send('HEAD', path, { token });
  expect([head.status, head.body, head.headers.get('allow')]).toEqual([
    405,
    '',
    'DELETE, GET, PUT, PATCH, OPTIONS',
  ]);
  expect((await send('GET', `${path}/`, { token })).status).toBe(404);
  expect((await send('GET', '/api//v1/projects', { token })).status).toBe(404);
  expect((await send('GET', '/api/v1/projects/a%2Fb', { token })).status).toBe(422);
  expect((await send('POST', '/api/v1/projects', { token })).status).toBe(415);

  const origin = 'http://localhost:5173';
  const preflight = await send('OPTIONS', path, {
    headers: { origin, 'access-control-request-method': 'PATCH' },
  });
  expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, origin]);
  const unreadable = await send('GET', path, { headers: { origin: 'http://localhost:5174' } });
  expect([unreadable.status, unreadable.headers.get('access-control-allow-origin')]).toEqual([401, null]);

  const list = async (coding: string) =>
    send('GET', '/api/v1/projects', { token, headers: { 'accept-encoding': coding } });
  const plain = await list('identity');
  expect(plain.headers.get('content-encoding')).toBeNull();
  for (const coding of ['br', 'gzip']) {
    const { headers, body } = await list(coding);
    expect([headers.get('content-encoding'), headers.get('vary')]).toEqual([
      coding,
      'accept-encoding, origin',
    ]);
    expect(body).toEqual(plain.body);
  }
}

test('a newcomer starts it, walks through the API, sees a job run, stops it, and finds the data again', {
  timeout: 3 * startTimeoutMs,
}, async () => {
  const first = start(newcomer);
  const welcome = await first.ready;
  expect(welcome).toContain(`http://localhost:${port}/docs`);

  const curl = welcome.match(/^ {2}(TOKEN=|curl ).*$/gm) ?? [];
  expect(curl).toHaveLength(3);
  const [created, page] = execFileSync('bash', ['-c', curl.join('; echo; ')], { encoding: 'utf8', cwd: '/' })
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(created).toMatchObject({ name: 'My first project', version: 1 });
  expect(page.items[0].id).toBe(created.id);
  expect(page.items).toHaveLength(3);

  const demo = { email: 'demo@plinth.local', password: 'plinth-demo' };
  const login = await send('POST', '/api/v1/auth/login', { body: demo });
  expect(login.headers.getSetCookie()).toEqual(
    ['auth_token=', 'refresh_token=', 'csrf_token='].map((name) => expect.stringContaining(name)),
  );
  const token = login.body.accessToken;
  const doomed = await send('POST', '/api/v1/projects', { token, body: { name: 'Doomed' } });
  const { id } = doomed.body;
  expect([doomed.headers.get('location'), doomed.headers.get('etag')]).toEqual([
    `/api/v1/projects/${id}`,
    '"v1"',
  ]);

  const plinth = createClient({
    baseUrl: `http://127.0.0.1:${port}`,
    ...demo,
    fetch: fetchDeclared as typeof fetch,
  });
  const updated = await plinth.updateProject({ id: created.id, ifMatch: 1, body: { status: 'paused' } });
  expect([updated.version, updated.status]).toEqual([2, 'paused']);
  await plinth.deleteProject({ id });
  await expect(plinth.getProject({ id })).rejects.toMatchObject({ code: 'gone', status: 410 });
  expect((await plinth.restoreProject({ id })).version).toBe(3);
  expect((await plinth.listProjectHistory({ id })).items).toHaveLength(3);
  expect((await plinth.listAuditEvents({ action: 'project.restore' })).items).toHaveLength(1);
  await plinth.deleteProject({ id });
  expect((await plinth.getProjectStats()).total).toBe(37);
  expect((await plinth.getReadiness()).status).toBe('pass');
  expect(await plinth.getDocs()).toContain('createProject');
  expect((await send('GET', '/nowhere')).body.code).toBe('route_not_found');
  const wrongMethod = await send('DELETE', '/health');
  expect([wrongMethod.status, wrongMethod.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  await keepsToHttp(`/api/v1/projects/${created.id}`, token);

  const walk = runReadmeWalk(`http://localhost:${port}`).split('\n');
  expect(walk.slice(0, 2)).toEqual(['Gemini active', 'precondition_failed 2']);
  expect(walk.slice(2).map((line) => JSON.parse(line).name)).toHaveLength(38);

  expect(await stop(first)).toBeLessThan(3_000);
  expect((await first.ended).output).toMatch(
    /job purgeDeletedProjects \S+Z: \{("purged":\d+,"outcome":"succeeded"|"outcome":"nothing to do")/,
  );

  const second = start();
  expect(await second.ready).toContain('seed: kept');
  expect(await plinth.getProject({ id: created.id })).toEqual(updated);
  expect(JSON.parse(invoke('getProject').body).name).toContain('Website relaunch');

  const rival = await start({ ...hurried, PORT: String(await findFreePort()) }, '--fresh').ended;
  expect(rival.code).toBe(1);
  expect(rival.output).toContain('in use by process');
  expect((await plinth.getLiveness()).status).toBe('pass');
  await stop(second);

  const fresh = start(hurried, '--fresh');
  expect(await fresh.ready).toContain('seed: seeded');
  expect((await send('GET', '/api/v1/projects', { token })).status).toBe(401);
  await stop(fresh);
});

test('Ctrl-C while it starts, and twice, leaves nothing behind', { timeout: startTimeoutMs }, async () => {
  const running = start();
  while (!running.output().includes('PostgreSQL:')) await new Promise((resolve) => setTimeout(resolve, 5));
  running.child.kill('SIGINT');
  running.child.kill('SIGINT');
  expect((await running.ended).code).toBe(0);
  expect(execFileSync('ps', ['ax', '-o', 'args'], { encoding: 'utf8' })).not.toContain(checkout);
});

test('invoke sends the event of an operation through its handler without npm start, too', {
  timeout: startTimeoutMs,
}, () => {
  expect(invoke('create-project').statusCode).toBe(201);
  expect(invoke('purgeDeletedProjects')).toMatchObject({ outcome: 'succeeded', purged: 0 });
});

test.each([
  ['a half-set configuration', { DATABASE_URL: 'postgres://x@127.0.0.1/x' }, 'set all three'],
  [
    'a database that does not answer',
    {
      DATABASE_URL: 'postgres://x@127.0.0.1:1/x',
      UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:1',
      UPSTASH_REDIS_REST_TOKEN: 'x',
    },
    'DATABASE_URL cannot be used',
  ],
  ['a port that is none', { PORT: 'http' }, 'PORT is "http"'],
  ['a stage with real users', { PLINTH_STAGE: 'prod' }, 'unset it'],
  ['a setting out of range', { DATABASE_STATEMENT_TIMEOUT_MS: 'soon' }, 'DATABASE_STATEMENT_TIMEOUT_MS'],
])('%s is one clear sentence, and nothing is started', async (_, environment, sentence) => {
  const { code, output } = await start({ ...hurried, ...environment }).ended;
  expect(code).toBe(1);
  expect(output).toContain(sentence);
  expect(output).not.toMatch(/^\s+at /m);
  expect(execFileSync('ps', ['ax', '-o', 'args'], { encoding: 'utf8' })).not.toContain(checkout);
});

test('a busy port is named, with the way out', async () => {
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  const { code, output } = await start().ended;
  other.close();
  expect(code).toBe(1);
  expect(output).toContain(`Port ${port} is in use`);
});
