import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { handler as listAuditEvents } from '#functions/audit/list-audit-events.ts';
import { handler as createProject } from '#functions/projects/create-project.ts';
import { handler as deleteProject } from '#functions/projects/delete-project.ts';
import { handler as getProject } from '#functions/projects/get-project.ts';
import { handler as listProjectHistory } from '#functions/projects/list-project-history.ts';
import { handler as listProjects } from '#functions/projects/list-projects.ts';
import { handler as replaceProject } from '#functions/projects/replace-project.ts';
import { handler as restoreProject } from '#functions/projects/restore-project.ts';
import { handler as runProjectBatch } from '#functions/projects/run-project-batch.ts';
import { handler as updateProject } from '#functions/projects/update-project.ts';
import { bodyLimitOf } from '#lib/http/read-body.ts';
import { createSecret } from '#lib/local/create-secret.ts';
import { createProject as createVerb } from '#lib/projects/create-project.ts';
import { CreateProjectInput, ListProjectsQuery, type Project } from '#lib/projects/schemas.ts';
import { type Answer, answerTo, call } from '#test/support/call.ts';
import { toEvent } from '#test/support/event.ts';
import { createMember, type Member, sql } from '#test/support/tenant.ts';

// The table of docs/api-conventions.md, row by row: what it promises is what is sent and answered here.
const text = readFileSync(join(import.meta.dirname, '../../../docs/api-conventions.md'), 'utf8');
const promises = [...text.matchAll(/^\| (.+) \| (\d{3})(?: `(\w+)`)?(?:, .+)? \|$/gm)].map(
  ([, sent = '', status, code]) => ({ sent, status: Number(status), code }),
);

interface Setting extends Member {
  /** Newest first, as the list has them: C, B, A. */
  projects: Project[];
  stranger: Member;
}

async function setUp(): Promise<Setting> {
  const [member, stranger] = await Promise.all([createMember(), createMember()]);
  const projects: Project[] = [];
  for (const name of ['A', 'B', 'C'])
    projects.unshift(
      await createVerb(member.ctx, CreateProjectInput.parse({ name, slug: name.toLowerCase() })),
    );
  return { ...member, projects, stranger };
}

const create = ({ token }: Member, body: unknown, headers = {}) =>
  call(createProject, { token, body, headers });
const list = ({ token }: Member, query: string) => call(listProjects, { token, query });
const firstCursor = async (member: Member, query = '') =>
  (await list(member, `limit=1&${query}`)).body.nextCursor;
const follow = (member: Member, cursor: string) => list(member, `limit=1&cursor=${cursor}`);

/** The second page, after something happened to the project at the end of the first one. */
async function followAfter(setting: Setting, query: string, change: (id: string) => PromiseLike<unknown>) {
  const first = await list(setting, `limit=1&${query}`);
  await change(first.body.items[0].id);
  const second = await list(setting, `limit=1&${query}&cursor=${first.body.nextCursor}`);
  expect(second.body.items[0].name).toBe('B');
  return second;
}

async function cursorOfAnotherKey({ ctx }: Member): Promise<string> {
  const key = process.env.AUTH_SECRET;
  process.env.AUTH_SECRET = createSecret();
  vi.resetModules();
  const { listProjects: listVerb } = await import('#lib/projects/list-projects.ts');
  const { nextCursor } = await listVerb(ctx, ListProjectsQuery.parse({ limit: 1 }));
  await (await import('#lib/db/client.ts')).closePool(1);
  process.env.AUTH_SECRET = key;
  return nextCursor ?? '';
}

const send: Record<string, (setting: Setting) => Promise<Answer | Answer[]>> = {
  'a cursor of another organization': async (setting) => follow(setting.stranger, await firstCursor(setting)),
  'a cursor of another sort or filter': async (setting) => [
    await follow(setting, await firstCursor(setting, 'sort=name')),
    await follow(setting, await firstCursor(setting, 'status=active')),
    await list(setting, `status=active&cursor=${await firstCursor(setting)}`),
  ],
  'a cursor of another list': async (setting) => {
    const { token, projects } = setting;
    const ofAudit = (await call(listAuditEvents, { token, query: 'limit=1' })).body.nextCursor;
    const id = projects[0]?.id ?? '';
    const body = { name: 'Renamed' };
    await call(updateProject, { token, params: { id }, body });
    const ofHistory = (await call(listProjectHistory, { token, params: { id }, query: 'limit=1' })).body
      .nextCursor;
    const params = { id: projects[1]?.id ?? '' };
    return [
      await follow(setting, ofAudit),
      await call(listProjectHistory, { token, params, query: { cursor: ofHistory } }),
    ];
  },
  'a cursor that was changed or cut': async (setting) => {
    const cursor = await firstCursor(setting);
    const changed = `${cursor.slice(0, 30)}${cursor[30] === 'A' ? 'B' : 'A'}${cursor.slice(31)}`;
    return [
      await follow(setting, changed),
      await follow(setting, cursor.slice(0, -1)),
      await follow(setting, cursor.slice(1)),
    ];
  },
  'a cursor from before `AUTH_SECRET` was changed': async (setting) =>
    follow(setting, await cursorOfAnotherKey(setting)),
  'a cursor whose project was changed since': async (setting) => {
    const rename = (id: string) =>
      call(updateProject, { token: setting.token, params: { id }, body: { name: 'Z' } });
    return [
      await followAfter(setting, 'sort=name', rename),
      await followAfter(setting, 'sort=-createdAt', rename),
    ];
  },
  'a cursor whose project was deleted since': async (setting) =>
    followAfter(setting, 'sort=-createdAt', (id) =>
      call(deleteProject, { token: setting.token, params: { id } }),
    ),
  'a cursor whose project was purged since': async (setting) =>
    followAfter(setting, 'sort=-name', (id) => sql`delete from projects where id = ${id}`),
  'a query parameter that does not exist': (setting) => list(setting, 'statsu=active'),
  'a query parameter twice': (setting) => list(setting, 'status=active&status=paused'),
  'a NUL in the query': (setting) => list(setting, 'q=abc%00'),
  'bytes that are not UTF-8 in the query': async (setting) => {
    await create(setting, { name: 'odd \ufffd\ufffd\ufffd' });
    const answer = await list(setting, 'q=%ED%A0%80');
    expect(answer.body.items).toHaveLength(1);
    return answer;
  },
  'a `limit` above 100': (setting) => list(setting, 'limit=101'),
  'a `limit` below 1, or of 20 digits': async (setting) => [
    await list(setting, 'limit=0'),
    await list(setting, 'limit=99999999999999999999'),
  ],
  'a name of 10 KB': async (setting) => [
    await create(setting, { name: 'x'.repeat(10_240) }),
    await patch(setting, { name: '\u0645'.repeat(10_240) }),
  ],
  'right-to-left text, emoji, bidirectional marks': async (setting) => {
    const name = '\u0645\u0634\u0631\u0648\u0639 \u202eabc\u202c \ud83d\ude80 \u05e2\u05d1\u05e8\u05d9\u05ea';
    const answer = await create(setting, { name, tags: [name], metadata: { [name]: name } });
    const stored = { name, tags: [name], metadata: { [name]: name } };
    expect(
      (await call(getProject, { token: setting.token, params: { id: answer.body.id } })).body,
    ).toMatchObject(stored);
    expect((await list(setting, `q=${encodeURIComponent('\u0639\u0628\u0631\u064a')}`)).body.items).toEqual(
      [],
    );
    expect((await list(setting, `q=${encodeURIComponent(name)}`)).body.items).toMatchObject([stored]);
    return answer;
  },
  'a NUL in a text or name of the body': (setting) =>
    createEach(setting, '{"name":"\\u0000"}', '{"name":"\u0000"}', '{"name":"x","metadata":{"a\\u0000":1}}'),
  'an unpaired surrogate in a text or name of the body': (setting) =>
    createEach(
      setting,
      '{"name":"\\ud800"}',
      '{"name":"x","metadata":{"\\udc00":1}}',
      '{"name":"x","tags":["\\ude80\\ud83d"]}',
    ),
  'a body that is not UTF-8': async ({ token }) => {
    const event = toEvent(createProject, { token, body: 'x' });
    const body = Buffer.from('{"name":"é"}', 'latin1').toString('base64');
    return answerTo(createProject, { ...event, body, isBase64Encoded: true });
  },
  'a member `__proto__` at any depth': async (setting) => {
    const answers = await createEach(
      setting,
      '{"name":"x","__proto__":{"ownerId":"x"}}',
      '{"name":"x","metadata":{"a":[{"__proto__":null}]}}',
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
    return answers;
  },
  'a member `constructor` with a `prototype`': (setting) =>
    createEach(setting, '{"name":"x","metadata":{"constructor":{"prototype":{}}}}'),
  'more than 64 levels of JSON': (setting) =>
    createEach(setting, `{"name":"x","metadata":{"a":${'['.repeat(63)}${']'.repeat(63)}}}`),
  'a number that no double can hold, as 1e400': (setting) =>
    createEach(setting, '{"name":"x","metadata":{"a":1e400}}', '{"name":"x","metadata":{"a":[-1e400]}}'),
  'an integer beyond 2^53': async (setting) => {
    const answer = await create(
      setting,
      '{"name":"x","metadata":{"n":9007199254740993,"t":"9007199254740993"}}',
    );
    expect(answer.text).toContain('"n":9007199254740992,"t":"9007199254740993"');
    return answer;
  },
  'two members of one name in an object': (setting) =>
    createEach(setting, '{"name":"x","name":"y"}', '{"name":"x","metadata":{"a":{"b":1,"\\u0062":1}}}'),
  'a body that is no JSON object': (setting) => createEach(setting, '[]', 'null', '"name"', '1e308'),
  'a body above 128 KB': (setting) =>
    createEach(setting, `{"name":"${'x'.repeat(bodyLimitOf(createProject.spec))}"}`),
  'an id of another organization': async ({ stranger, projects }) => {
    const request = { token: stranger.token, params: { id: projects[0]?.id ?? '' } };
    const replacement = { name: 'x', slug: 'x', ownerId: stranger.userId };
    return [
      await call(getProject, request),
      await call(updateProject, { ...request, body: {} }),
      await call(replaceProject, { ...request, body: replacement, headers: { 'if-match': '*' } }),
      await call(deleteProject, request),
      await call(restoreProject, request),
      await call(listProjectHistory, request),
    ];
  },
  'an id that is none': ({ token }) => call(getProject, { token, params: { id: 'me%00' } }),
  'an owner of another organization': async (setting) => {
    const ownerId = setting.stranger.userId;
    return [await create(setting, { name: 'x', ownerId }), await patch(setting, { ownerId })];
  },
  'an id of another organization in a batch': async (setting) => {
    const answer = await deleteInBatch(setting, false);
    expect(answer.body.results).toMatchObject([{ error: { code: 'not_found' } }]);
    return answer;
  },
  'an id of another organization in an atomic batch': (setting) => deleteInBatch(setting, true),
  'a change by a second client with the same `If-Match`': async (setting) => {
    const headers = { 'if-match': '"v1"' };
    expect((await patch(setting, { name: 'first' }, headers)).headers.etag).toBe('"v2"');
    const second = await patch(setting, { name: 'second' }, headers);
    expect(second.headers.etag).toBe('"v2"');
    return second;
  },
  'a replace without `If-Match`': ({ token, userId, projects }) =>
    call(replaceProject, {
      token,
      params: { id: projects[0]?.id ?? '' },
      body: { name: 'x', slug: 'x', ownerId: userId },
    }),
  'any change of a deleted project': async (setting) => {
    await call(deleteProject, { token: setting.token, params: { id: setting.projects[0]?.id ?? '' } });
    return patch(setting, {});
  },
  'an `Idempotency-Key` with another body': async (setting) => {
    const headers = { 'idempotency-key': 'k' };
    await create(setting, { name: 'x', tags: [] }, headers);
    return [
      await create(setting, { name: 'y', tags: [] }, headers),
      await create(setting, { tags: [], name: 'x' }, headers),
    ];
  },
  'an `Idempotency-Key` of another path': async ({ token, projects: [one, other] }) => {
    const restore = async (id = '') => {
      await call(deleteProject, { token, params: { id } });
      return call(restoreProject, { token, params: { id }, headers: { 'idempotency-key': 'k' } });
    };
    expect((await restore(one?.id)).status).toBe(200);
    return restore(other?.id);
  },
  'an `Idempotency-Key` with a space, or of 256 characters': async (setting) => [
    await create(setting, { name: 'x' }, { 'idempotency-key': 'a b' }),
    await create(setting, { name: 'x' }, { 'idempotency-key': 'x'.repeat(256) }),
  ],
};

async function createEach(member: Member, ...bodies: string[]): Promise<Answer[]> {
  const answers = [];
  for (const body of bodies) answers.push(await create(member, body));
  return answers;
}

function deleteInBatch({ stranger: { token }, projects }: Setting, isAtomic: boolean) {
  const operations = [{ operation: 'delete', id: projects[0]?.id }];
  return call(runProjectBatch, { token, body: { isAtomic, operations } });
}

function patch({ token, projects }: Setting, body: object, headers: Record<string, string> = {}) {
  return call(updateProject, { token, params: { id: projects[0]?.id ?? '' }, body, headers });
}

test('every row of the table is sent, and nothing else', () => {
  expect(Object.keys(send)).toEqual(promises.map(({ sent }) => sent));
});

test.each(promises)('$sent is answered as documented', async ({ sent, status, code }) => {
  const answers = [await send[sent]?.(await setUp())].flat();
  expect(answers.length).toBeGreaterThan(0);
  for (const answer of answers) expect([answer?.status, answer?.body.code]).toEqual([status, code]);
});
