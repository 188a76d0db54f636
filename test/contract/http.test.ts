import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { handler as refuseRoute } from '#functions/docs/refuse-route.ts';
import { handler as getLiveness } from '#functions/health/get-liveness.ts';
import { handler as createProject } from '#functions/projects/create-project.ts';
import { handler as deleteProject } from '#functions/projects/delete-project.ts';
import { handler as getProject } from '#functions/projects/get-project.ts';
import { handler as listProjects } from '#functions/projects/list-projects.ts';
import { forgetAllowedOrigins } from '#lib/config/allowed-origins.ts';
import { type EndpointOperation, loadOperations } from '#lib/generate/load-operations.ts';
import type { Endpoint } from '#lib/http/create-pipeline.ts';
import { routeKeysOf } from '#lib/http/define-router.ts';
import { findRoute } from '#lib/local/match-route.ts';
import { call, readAnswer } from '#test/support/call.ts';
import { type CallOptions, lambdaContext, toEvent } from '#test/support/event.ts';
import { eventOf, succeeding } from '#test/support/scenario.ts';
import { createMember, type Member } from '#test/support/tenant.ts';

const { endpoints } = await loadOperations();
const routes = endpoints.filter(({ spec }) => spec.path !== '$default');
const named = (operations: readonly EndpointOperation[]) =>
  operations.map((operation) => [operation.spec.id, operation] as const);
const routeKeys = endpoints.flatMap(({ spec }) => routeKeysOf(spec));
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];

const client = 'https://app.example.com';

let member: Member;

beforeAll(async () => {
  member = await createMember('owner', 'operator');
  process.env.ALLOWED_ORIGINS = client;
  forgetAllowedOrigins();
});
afterAll(() => {
  delete process.env.ALLOWED_ORIGINS;
  forgetAllowedOrigins();
});

/** The answer as it leaves the function; fails when the document does not declare it. */
async function sendRaw(endpoint: Endpoint, options: CallOptions) {
  const event = toEvent(endpoint, options);
  const response = await endpoint(event, lambdaContext());
  await readAnswer(endpoint, event, response);
  const { headers = {}, ...answer } = response;
  return { ...answer, headers: headers as Record<string, string> };
}

function expectReadable(headers: Record<string, string>): void {
  expect(headers).toMatchObject({
    vary: 'accept-encoding, origin',
    'access-control-allow-origin': client,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': expect.stringContaining('ETag'),
  });
}

test('an answer can be read by a web client, whatever it is', async () => {
  const { token } = member;
  const headers = { origin: client };
  const created = await call(createProject, { token, headers, body: { name: 'Readable' } });
  const project = { token, params: { id: created.body.id } };
  const answers = [
    created,
    // Where there are no parameters, a query is not looked at.
    await call(getProject, { ...project, headers, query: 'a=1&a=2&%00=%zz' }),
    await call(getProject, { ...project, headers: { ...headers, 'if-none-match': '*' } }),
    await call(getProject, { params: project.params, headers }),
    await call(createProject, { token, headers, body: {} }),
    // Nobody asked for a body: it is not even looked at.
    await call(deleteProject, {
      ...project,
      body: 'x'.repeat(200_000),
      headers: { ...headers, 'content-type': 'text/x-stray', 'content-encoding': 'gzip' },
    }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([201, 200, 304, 401, 422, 204]);
  for (const answer of answers) expectReadable(answer.headers);
});

describe('a request that accepts nothing of what there is', () => {
  test.each(named(routes.filter(({ spec }) => spec.response.schema)))(
    'is refused by %s with 406, whatever body nobody asked for it has; a web client can read that',
    async (_, operation) => {
      const { token } = member;
      const event = eventOf(operation);
      const { spec } = operation;
      const stray = !spec.body && { 'content-type': 'text/x-stray', 'content-encoding': 'gzip' };
      const accept = 'image/png, application/problem+json';
      const answer = await call(operation.handler, {
        ...event,
        ...(!spec.body && { body: 'x'.repeat(200_000) }),
        ...(spec.access !== 'public' && { token }),
        headers: { ...event.headers, ...stray, accept, origin: client },
      });
      expect([answer.status, answer.body.code]).toEqual([406, 'not_acceptable']);
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expectReadable(answer.headers);
    },
  );

  test.each([
    ['application/json;q=0', 406],
    ['application/json;q=0, */*', 406],
    ['application/health+json;q=0, application/json', 406],
    ['text/html', 406],
    ['application/json', 200],
    ['application/health+json', 200],
    ['APPLICATION/*;q=0.1', 200],
    ['text/html, */*;q=0.01', 200],
    ['text/html, *; q=.2, */*; q=.2', 200],
    ['*/*;q=0, application/json', 200],
    ['nonsense', 200],
    ['', 200],
  ])('is one with "Accept: %s": %d', async (accept, status) => {
    expect((await call(getLiveness, { headers: { accept } })).status).toBe(status);
  });
});

describe('a method', () => {
  const paths = [...new Set(routes.map(({ spec }) => spec.path))];
  const allowedAt = (path: string) =>
    routes.filter(({ spec }) => spec.path === path).flatMap(({ spec }) => routeKeysOf(spec));

  test.each(paths)('that %s does not have is 405 with those it has, and OPTIONS tells them', async (path) => {
    const concrete = path.replace(/\{\w+\}/g, '01980000-0000-7000-8000-000000000001');
    const allowed = [...allowedAt(path).map((routeKey) => routeKey.split(' ')[0]), 'OPTIONS'].sort();
    for (const method of methods.filter((other) => other === 'OPTIONS' || !allowed.includes(other))) {
      const { routeKey } = findRoute(routeKeys, method, concrete) ?? {};
      // What it is sent to is a method of projects, and there is none of the name.
      if (routeKey?.endsWith('{id}') && !path.endsWith('}')) continue;
      expect(routeKey, method).toBe('$default');
      const { statusCode, headers, body } = await sendRaw(refuseRoute, { method, path: concrete });
      expect([method, statusCode]).toEqual([method, method === 'OPTIONS' ? 204 : 405]);
      expect(headers.allow?.split(', ').sort()).toEqual(allowed);
      if (method === 'HEAD' || method === 'OPTIONS') expect(body).toBeUndefined();
    }
  });

  test.each(named(routes.filter(({ spec }) => spec.method === 'GET' && spec.access === 'public')))(
    'HEAD gets the headers of %s, and no body',
    async (_, operation) => {
      const request = await succeeding(operation, await createMember());
      const send = async (method: string, coding: string) => {
        const headers = { ...request.headers, 'accept-encoding': coding };
        return sendRaw(operation.handler, { ...request, method, headers });
      };
      for (const coding of ['identity', 'br']) {
        const [get, head] = [await send('GET', coding), await send('HEAD', coding)];
        const { 'content-length': length, ...headers } = withoutMoment(head.headers);
        expect([head.statusCode, head.body, headers]).toEqual([
          get.statusCode,
          undefined,
          withoutMoment(get.headers),
        ]);
        expect(Number(length)).toBe(bytesOf(get).length);
      }
      expect(findRoute(routeKeys, 'HEAD', request.path ?? operation.spec.path)?.routeKey).toBe(
        `HEAD ${operation.spec.path}`,
      );
    },
  );
});

describe('a condition', () => {
  const readable = routes.filter(
    ({ spec }) => spec.method === 'GET' && Object.keys(spec.response.headers ?? {}).includes('ETag'),
  );

  test.each(named(readable))('on a read is If-None-Match, by weak comparison: %s', async (_, operation) => {
    const request = await succeeding(operation, await createMember('owner', 'operator'));
    const read = (headers: Record<string, string>) =>
      call(operation.handler, { ...request, headers: { ...request.headers, ...headers } });
    const { etag = '' } = (await read({})).headers;
    for (const list of [etag, `W/${etag}`, `"other", ${etag}`, `"a",W/"b",${etag}`, '*']) {
      const { status, text, headers } = await read({ 'if-none-match': list });
      expect([status, text, headers.etag], list).toEqual([304, '', etag]);
      expect(headers).toMatchObject({ 'cache-control': expect.any(String), vary: expect.any(String) });
    }
    const others: Record<string, string>[] = [
      { 'if-none-match': '"other"' },
      { 'if-none-match': `"x${etag.slice(1)}` },
      { 'if-modified-since': new Date(Date.now() + 86_400_000).toUTCString() },
      { 'if-range': etag, range: 'bytes=0-1' },
    ];
    for (const headers of others) expect((await read(headers)).status, JSON.stringify(headers)).toBe(200);
  });

  test.each(named(routes.filter(({ spec }) => spec.ifMatch)))(
    'on a change is If-Match, by strong comparison: %s',
    async (_, operation) => {
      const request = await succeeding(operation, await createMember('owner', 'operator'));
      const change = (tags: string) =>
        call(operation.handler, { ...request, headers: { ...request.headers, 'if-match': tags } });
      for (const tags of ['W/"v1", W/"v2"', '"v9"', 'v1', '"v01"', '"other"', ''])
        expect((await change(tags)).status, tags).toBe(412);
      expect((await change('"other", "v1","v2"')).status).toBe(operation.spec.response.status);
    },
  );
});

describe('what is in an address', () => {
  const bent = ['a/../b', '\u0000é\n', '%C0%AF%zz', 'x'.repeat(9_000)];

  test.each(named(routes.filter(({ spec }) => spec.params)))(
    'and no id is refused, however it is encoded: %s',
    async (_, operation) => {
      const { token } = member;
      const event = eventOf(operation);
      for (const value of bent) {
        const params = Object.fromEntries(Object.keys(event.params ?? {}).map((name) => [name, value]));
        const answer = await call(operation.handler, {
          ...event,
          params,
          ...(operation.spec.access !== 'public' && { token }),
        });
        expect([404, 422], JSON.stringify(value.slice(0, 20))).toContain(answer.status);
      }
    },
  );

  test.each(['/nowhere/é/"<a b>\n\r%zz', '/nowhere/\ud800', '/nowhere//', `/${'x'.repeat(9_000)}`])(
    'is repeated as a valid reference only: %j',
    async (path) => {
      const { status, body } = await call(refuseRoute, { path });
      expect(status).toBe(404);
      expect(body.instance).toMatch(/^(\/([\w\-.~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*)+$/);
    },
  );

  test('a slash at the end is of another path, and so is an empty segment', async () => {
    for (const path of routes.flatMap(({ spec }) => [
      `${spec.path}/`,
      spec.path.replace(/\/(?=[^/]+$)/, '//'),
    ])) {
      expect(findRoute(routeKeys, 'GET', path)?.routeKey, path).toBe('$default');
      expect((await call(refuseRoute, { path })).body.code, path).toBe('route_not_found');
    }
  });

  test('is UTF-8, with a space as + or %20; so are bodies, both ways', async () => {
    const { token } = member;
    const name = '日本語 & Ærø 🚀';
    const created = await call(createProject, { token, body: { name } });
    expect(created.headers['content-type']).toBe('application/json');
    const read = await call(getProject, { token, params: { id: created.body.id } });
    expect(read.body.name).toBe(name);
    for (const q of ['%E6%97%A5%E6%9C%AC%E8%AA%9E+%26', '%E6%97%A5%E6%9C%AC%E8%AA%9E%20%26'])
      expect((await call(listProjects, { token, query: `q=${q}` })).body.items, q).toHaveLength(1);
    const long = await call(listProjects, { token, query: `q=${'x'.repeat(9_000)}` });
    expect(long.status).toBe(422);
  });
});

/** Without what differs from one answer to the next. */
function withoutMoment(headers: Record<string, string>) {
  const {
    'x-request-id': _,
    'x-process-time': __,
    'server-timing': ___,
    ratelimit: ____,
    ...others
  } = headers;
  return others;
}

type Raw = Awaited<ReturnType<typeof sendRaw>>;

function bytesOf({ body = '', isBase64Encoded }: Raw): Buffer {
  return Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
}
