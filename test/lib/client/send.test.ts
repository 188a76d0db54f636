import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, expect, expectTypeOf, test, vi } from 'vitest';
import { type Calls, createClient, PlinthProblem, type Project } from '#lib/client/src/index.ts';
import { rotationGraceSeconds } from '#lib/sessions/lifetime.ts';

const waits = vi.hoisted(() => [] as number[]);
vi.mock('#lib/client/src/wait.ts', async (original) => ({
  ...(await original<typeof import('#lib/client/src/wait.ts')>()),
  wait: async (ms: number) => {
    waits.push(ms);
  },
}));

const answers: RequestListener[] = [];
const received: { request: IncomingMessage; body: string }[] = [];
const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString();
  received.push({ request, body });
  const answer = answers.length > 1 ? answers.shift() : answers[0];
  answer?.(request, response);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/stage/`;
const plinth = createClient({ baseUrl, apiKey: 'plk_test' });

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  for (const list of [answers, received, waits]) list.length = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const json =
  (body: unknown, status = 200): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const refusal =
  (status: number, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end('{"message":"Service Unavailable"}');
const cut: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-length': '100' }).write('{"half":');
  setImmediate(() => response.destroy());
};
const id = '01980000-0000-7000-8000-000000000001';
const refused = (expected: object) => expect.objectContaining({ name: 'PlinthProblem', ...expected });

test('after 429 any call waits as long as the answer says, with jitter, and is sent again', async () => {
  answers.push(refusal(429, { 'retry-after': '7' }), refusal(429, { 'retry-after': '0' }), json({ id }));
  expect(await plinth.updateProject({ id, body: { name: 'Apollo' } })).toEqual({ id });
  expect(received.map(({ request, body }) => [request.method, request.url, body])).toEqual(
    Array(3).fill(['PATCH', `/stage/api/v1/projects/${id}`, '{"name":"Apollo"}']),
  );
  expect(waits[0]).toBeGreaterThanOrEqual(7_000);
  expect(waits[0]).toBeLessThan(7_250);
  expect(waits[1]).toBeLessThan(500);
});

test('a date in Retry-After counts from the date of the answer, whatever our clock says', async () => {
  const date = 'Wed, 21 Oct 2015 07:28:00 GMT';
  answers.push(refusal(503, { date, 'retry-after': 'Wed, 21 Oct 2015 07:28:20 GMT' }), json({ items: [] }));
  await plinth.listProjects();
  expect(Math.floor((waits[0] ?? 0) / 1000)).toBe(20);
});

test('without Retry-After the pauses grow', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(1);
  answers.push(refusal(503));
  await expect(plinth.getProjectStats()).rejects.toEqual(refused({ status: 503, code: 'unknown' }));
  expect(waits).toEqual([500, 750, 1250]);
  vi.restoreAllMocks();
});

test('after 503 only what is repeatable is sent again, a POST with the same key each time', async () => {
  answers.push(refusal(503), refusal(504), json({ id }, 201));
  expect(await plinth.createProject({ body: { name: 'Apollo' } })).toEqual({ id });
  const keys = received.map(({ request }) => request.headers['idempotency-key']);
  expect(keys).toEqual(Array(3).fill(expect.stringMatching(/^[0-9a-f-]{36}$/)));
  expect(new Set(keys).size).toBe(1);

  answers.unshift(refusal(503));
  await expect(plinth.updateProject({ id, body: { name: 'Apollo' } })).rejects.toEqual(
    refused({ status: 503 }),
  );
  expect(received).toHaveLength(4);
});

test('a key of the caller is used as it is', async () => {
  answers.push(json({ id }, 201));
  await plinth.createProject({ body: { name: 'Apollo' } }, { idempotencyKey: 'import-17' });
  expect(received[0]?.request.headers['idempotency-key']).toBe('import-17');
});

test('a wait above a minute is left to the caller, and so is every answer after the last retry', async () => {
  answers.push(refusal(429, { 'retry-after': '61' }));
  await expect(plinth.listProjects()).rejects.toEqual(refused({ status: 429, retryAfterSeconds: 61 }));
  expect(received).toHaveLength(1);
  answers.splice(0, 1, refusal(503));
  await expect(plinth.listProjects({}, { retries: 1 })).rejects.toEqual(refused({ status: 503 }));
  expect(received).toHaveLength(3);
});

test('an answer that breaks off is asked for again; of what cannot be repeated the caller hears', async () => {
  answers.push(cut, json({ total: 1 }));
  expect(await plinth.getProjectStats()).toEqual({ total: 1 });
  answers.splice(0, 1, cut);
  await expect(plinth.updateProject({ id, body: {} })).rejects.toThrow(TypeError);
  expect(received).toHaveLength(3);
});

test('a deletion whose answer was lost is done when the next attempt finds nothing', async () => {
  answers.push(cut, refusal(410));
  expect(await plinth.deleteProject({ id })).toBeUndefined();
  answers.splice(0, 1, refusal(410));
  await expect(plinth.deleteProject({ id })).rejects.toEqual(refused({ status: 410 }));
});

test('an attempt ends at its time-out, a call with its signal, in a pause as well', async () => {
  answers.push(() => {});
  await expect(plinth.getProjectStats({}, { timeoutMs: 20, retries: 1 })).rejects.toThrow(/timeout/);
  expect(received).toHaveLength(2);
  const controller = new AbortController();
  const call = plinth.getProjectStats({}, { signal: controller.signal });
  while (received.length < 3) await sleep(1);
  controller.abort(new Error('navigated away'));
  await expect(call).rejects.toThrow('navigated away');
  const { wait } = await vi.importActual<typeof import('#lib/client/src/wait.ts')>('#lib/client/src/wait.ts');
  const pause = new AbortController();
  const waiting = wait(60_000, pause.signal);
  pause.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await wait(1, pause.signal).catch((error) => expect(error.message).toBe('enough'));
});

test('a refresh without an answer is repeated while the token that it used still has its grace, and no later', async () => {
  const limits: number[] = [];
  let expire = () => {};
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const controller = new AbortController();
    limits.push(ms);
    expire = () => controller.abort(new DOMException('timeout', 'TimeoutError'));
    return controller.signal;
  });
  vi.useFakeTimers({ toFake: ['Date'] });
  const silent: RequestListener = () => {
    vi.setSystemTime(Date.now() + (rotationGraceSeconds * 1000) / 2);
    expire();
  };
  const tokens = { accessToken: 'a', refreshToken: 'r2', expiresIn: 900 };
  answers.push(silent, json(tokens), json({ id }));
  expect(await createClient({ baseUrl, refreshToken: 'r1' }).getCurrentUser()).toEqual({ id });
  expect(limits).toEqual([4_000, 4_000, 35_000]);

  answers.splice(0, 1, silent);
  const away = createClient({ baseUrl, refreshToken: 'r1', timeoutMs: 1_000 });
  await expect(away.getCurrentUser()).rejects.toThrow('timeout');
  expect(limits.slice(3)).toEqual([1_000, 1_000]);

  answers.splice(0, 1, refusal(429, { 'retry-after': '30' }), json(tokens), json({ id }));
  expect(await createClient({ baseUrl, refreshToken: 'r1' }).getCurrentUser()).toEqual({ id });
});

test('a call that nobody waits for any more fails for nobody', async () => {
  // Vitest reports what is rejected and not handled.
  const away = createClient({
    baseUrl: 'http://127.0.0.1:1',
    email: 'a@b.example',
    password: 'x',
    retries: 0,
  });
  await expect(away.getCurrentUser({}, { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
  await away.exportProjects()[Symbol.asyncIterator]().return?.();
  await expect(away.getCurrentUser()).rejects.toThrow('fetch failed');
});

test('a list whose next page is the same page again does not go on for ever', async () => {
  answers.push(json({ items: [{ id }], nextCursor: 'same' }));
  const readAll = async () => {
    for await (const project of plinth.listProjects()) expect(project.id).toBe(id);
  };
  await expect(readAll()).rejects.toThrow('same page');
  expect(received).toHaveLength(2);
});

test('a problem that was cut off has its status still, and is not asked for again', async () => {
  answers.push((_, response) =>
    response.writeHead(400, { 'content-type': 'application/problem+json' }).end('{"code":"inva'),
  );
  await expect(plinth.listProjects()).rejects.toEqual(refused({ code: 'unknown', status: 400 }));
  expect(received).toHaveLength(1);
});

test('a page of a proxy is no answer, though it says 200, and costs nobody a session', async () => {
  const page: RequestListener = (_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Accept our terms</h1>');
  const heard: unknown[] = [];
  const user = createClient({ baseUrl, refreshToken: 'kept', onTokens: (tokens) => heard.push(tokens) });
  answers.push(page);
  const unknown = refused({ code: 'unknown', status: 200 });
  for (const call of [user.getCurrentUser, plinth.getCurrentUser, plinth.listProjects])
    await expect(call()).rejects.toEqual(unknown);
  await expect(user.getCurrentUser()).rejects.toEqual(unknown);
  expect(heard).toEqual([]);
  expect(received.at(-1)?.body).toBe('{"refreshToken":"kept"}');
  expect(await plinth.getDocs()).toBe('<h1>Accept our terms</h1>');
});

test('a page of a proxy is a problem with its status, and no redirect takes the credentials elsewhere', async () => {
  answers.push(refusal(500, { 'content-type': 'text/html', 'x-request-id': 'r-1' }));
  await expect(plinth.listProjects()).rejects.toEqual(
    refused({ code: 'unknown', status: 500, requestId: 'r-1' }),
  );
  answers.splice(0, 1, refusal(302, { location: `${baseUrl}elsewhere` }));
  await expect(plinth.listProjects()).rejects.toEqual(refused({ status: 302 }));
  expect(received).toHaveLength(2);
});

test('a report of bad health is an answer', async () => {
  answers.push((_, response) =>
    response.writeHead(503, { 'content-type': 'application/health+json' }).end('{"status":"fail"}'),
  );
  expect(await plinth.getReadiness()).toEqual({ status: 'fail' });
});

test('parameters go where they belong; one that would lead to another resource is refused', async () => {
  answers.push(json({ items: [] }));
  await plinth.listMembers({ id: 'a/b?c', limit: 2, cursor: undefined });
  expect(received[0]?.request.url).toBe('/stage/api/v1/organizations/a%2Fb%3Fc/members?limit=2');
  for (const bad of ['', '.', '..'])
    await expect(plinth.getProject({ id: bad })).rejects.toThrow(`"${bad}" cannot be the id of`);
  await plinth.replaceProject({
    id,
    ifMatch: 3,
    body: {
      name: 'Apollo',
      slug: 'apollo',
      description: '',
      status: 'active',
      tags: [],
      metadata: {},
      ownerId: id,
    },
  });
  expect(received[1]?.request.headers).toMatchObject({ 'if-match': '"v3"', 'x-api-key': 'plk_test' });
});

test('misuse does not compile', () => {
  expectTypeOf(plinth).toEqualTypeOf<Calls>();
  const misuse = () => {
    // @ts-expect-error: a body without its name
    plinth.createProject({ body: { tags: [] } });
    // @ts-expect-error: a filter that does not exist
    plinth.listProjects({ stauts: 'active' });
    // @ts-expect-error: a status that does not exist
    plinth.listProjects({ status: 'lost' });
    // @ts-expect-error: no id
    plinth.getProject();
    // @ts-expect-error: a replacement must say which version it replaces
    plinth.replaceProject({ id, body: { name: 'Apollo' } });
    // @ts-expect-error: takes no key
    plinth.listProjects({}, { idempotencyKey: 'k' });
    // @ts-expect-error: has no versions
    plinth.listProjects({ ifMatch: 1 });
    // @ts-expect-error: takes nothing
    plinth.getProjectStats({ id });
    // @ts-expect-error: one or the other
    createClient({ baseUrl, apiKey: 'plk_test', email: 'demo@plinth.local', password: 'plinth-demo' });
    // @ts-expect-error: an email without a password
    createClient({ baseUrl, email: 'demo@plinth.local' });
    // @ts-expect-error: no such code
    return new PlinthProblem({ status: 400, headers: new Headers(), text: '' }).code === 'slug_takn';
  };
  expect(misuse).toBeTypeOf('function');
  expectTypeOf(plinth.getProject).returns.resolves.toEqualTypeOf<Project>();
  expectTypeOf(plinth.deleteProject).returns.resolves.toEqualTypeOf<undefined>();
  expectTypeOf(plinth.getMetrics).returns.resolves.toBeString();
  expectTypeOf(plinth.exportProjects).returns.toEqualTypeOf<AsyncIterable<Project>>();
  expectTypeOf(plinth.listProjects).returns.toExtend<AsyncIterable<Project>>();
});
