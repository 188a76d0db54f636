import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findRoute } from '#lib/local/match-route.ts';
import { findFreePort } from '#lib/local/ports.ts';
import { copyOfSource } from '#test/support/copy-of-source.ts';
import { fetchDeclared } from '#test/support/fetch-declared.ts';

const root = join(import.meta.dirname, '../..');

let checkout: string;
let port: number;
let child: ChildProcess;
let output = '';

beforeAll(async () => {
  checkout = mkdtempSync(join(tmpdir(), 'plinth-prod-like-'));
  // PostgreSQL runs as another user when this process is root.
  chmodSync(checkout, 0o755);
  for (const part of ['functions', 'lib', 'drizzle', 'package.json', '.serverless'])
    cpSync(join(root, part), join(checkout, part), copyOfSource);
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  port = await findFreePort();
  const { PATH = '', HOME = '' } = process.env;
  child = spawn(process.execPath, ['lib/local/start-prod-like.ts'], {
    cwd: checkout,
    env: { PATH, HOME, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      output += chunk;
    });
  await outputHas('Ctrl-C stops everything');
});

afterAll(() => {
  child.kill('SIGKILL');
  rmSync(checkout, { recursive: true, force: true });
});

async function outputHas(text: string): Promise<void> {
  while (!output.includes(text)) {
    if (child.exitCode !== null) throw new Error(output);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The commands of a code block of the README, against this server. */
function readCommands(before: string): string {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const block = readme.slice(readme.indexOf(before)).match(/```sh\n([\s\S]*?)```/)?.[1] ?? '';
  return block.replaceAll('localhost:3000', `127.0.0.1:${port}`);
}

const processes = () => execFileSync('ps', ['ax', '-o', 'args'], { encoding: 'utf8' });

test('the walk of the README works against the packaged functions', () => {
  const commands = readCommands('Then, in another terminal').replaceAll('\ncurl', '\necho; echo ---; curl');
  const [, created, listed, read, stale, exported, mistake] = execFileSync('bash', ['-c', commands], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).split(/^---$/m);
  expect(created).toMatch(/^HTTP\/1.1 201 [\s\S]*^location: \/api\/v1\/projects\/[\s\S]*"name":"Apollo"/im);
  expect(JSON.parse(listed ?? '')).toMatchObject({
    items: [{ name: 'Apollo' }, {}, {}],
    nextCursor: expect.any(String),
  });
  expect(read).toMatch(/^HTTP\/1.1 200 [\s\S]*^etag: "v\d+"/im);
  expect(stale).toMatch(/^HTTP\/1.1 (200|412) /m);
  expect(exported?.trim().split('\n').length).toBeGreaterThan(30);
  expect(JSON.parse(mistake ?? '')).toMatchObject({ code: 'validation_failed' });
});

test('what belongs to no route, and what no function is asked for, is answered as on AWS', async () => {
  const send = (path: string, init?: RequestInit) => fetchDeclared(`http://127.0.0.1:${port}${path}`, init);
  const unknown = await send('/nowhere');
  expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: 'route_not_found' }]);
  const wrongMethod = await send('/health', { method: 'DELETE' });
  expect([wrongMethod.status, wrongMethod.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  // API Gateway answers itself.
  const large = await fetch(`http://127.0.0.1:${port}/api/v1/projects`, {
    method: 'POST',
    body: 'x'.repeat(11 * 1024 * 1024),
  });
  expect([large.status, await large.json()]).toEqual([413, { message: 'Request Entity Too Large' }]);
  const login = await send('/api/v1/auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'demo@plinth.local', password: 'plinth-demo' }),
  });
  expect(login.headers.getSetCookie()).toHaveLength(3);
  const page = await (await send('/docs')).text();
  expect(page).toContain('createProject');
  // Only of a file whose content has the hash in its name it is said that it may be kept.
  for (const [, path = ''] of page.matchAll(/(?:src|href)="(\/docs\/assets\/[^"]+)"/g)) {
    const { status, headers } = await send(path);
    expect([status, headers.get('cache-control')], path).toEqual([200, expect.stringContaining('immutable')]);
  }
});

test('jobs run as they are packaged, a function that dies is started again, and Ctrl-C ends all processes', async () => {
  await outputHas('"outcome":"succeeded"');
  const [, pid] = /getHealth: process (\d+)/.exec(output) ?? [];
  expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
  const first = Number(pid ?? /getHealth: process (\d+)/.exec(output)?.[1]);
  process.kill(first, 'SIGKILL');
  await expect.poll(async () => (await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
  expect(output.match(/getHealth: process \d+/g)).toHaveLength(2);
  expect(processes()).toContain(checkout);
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  expect(code, output).toBe(0);
  expect(processes()).not.toContain(checkout);
});

test.each([
  ['GET', '/projects/export', 'GET /projects/export', {}],
  ['GET', '/projects/a%20b', 'GET /projects/{id}', { id: 'a b' }],
  ['GET', '/projects/%zz', 'GET /projects/{id}', { id: '%zz' }],
  ['GET', '/projects/', '$default', {}],
  ['PUT', '/projects/export', '$default', {}],
])('%s %s belongs to %s', (method, path, routeKey, parameters) => {
  const routeKeys = ['GET /projects/{id}', 'GET /projects/export', '$default'];
  expect(findRoute(routeKeys, method, path)).toEqual({ routeKey, parameters });
});
