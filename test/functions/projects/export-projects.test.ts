import { describe, expect, test } from 'vitest';
import { handler as exportProjects } from '#functions/projects/export-projects.ts';
import { handler as listProjects } from '#functions/projects/list-projects.ts';
import { deleteProject } from '#lib/projects/delete-project.ts';
import { importProjects } from '#lib/projects/import-projects.ts';
import { CreateProjectInput, type Project } from '#lib/projects/schemas.ts';
import { call } from '#test/support/call.ts';
import { createMember, type Member } from '#test/support/tenant.ts';

async function createMany({ ctx }: Member, inputs: object[]): Promise<string[]> {
  const lines = inputs.map((input, line) => ({ line, input: CreateProjectInput.parse(input) }));
  const { results } = await importProjects(ctx, lines);
  return results.map(({ projectId }) => projectId ?? '');
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `Project ${index}` }));

const read = ({ token }: Member, query = '') => call(exportProjects, { token, query });

const linesOf = (text: string): Project[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

const nextQuery = (link: string | undefined) =>
  /^<\/api\/v1\/projects\/export\?(.*)>; rel="next"$/.exec(link ?? '')?.[1];

/** What a client does that knows nothing but `Link`. */
async function readPages(member: Member, firstQuery: string): Promise<string[]> {
  const pages: string[] = [];
  for (let query: string | undefined = firstQuery; query !== undefined && pages.length < 50; ) {
    const { text, headers } = await read(member, query);
    pages.push(text);
    query = nextQuery(headers.link);
  }
  return pages;
}

describe('succeeds', () => {
  test('answers the projects as the list has them, one a line, oldest first', async () => {
    const member = await createMember();
    const ids = await createMany(member, numbered(3));
    const { status, headers, text } = await read(member);
    const list = await call(listProjects, { token: member.token, query: 'sort=createdAt' });
    expect([status, headers['content-type']]).toEqual([200, 'application/x-ndjson']);
    expect(text).toBe(list.body.items.map((item: object) => `${JSON.stringify(item)}\n`).join(''));
    expect(linesOf(text).map(({ id }) => id)).toEqual(ids);
    expect(headers).not.toHaveProperty('link');
  });

  test('pages until no Link is left, and the bodies together have every project once', async () => {
    const member = await createMember();
    const ids = await createMany(member, numbered(7));
    for (const limit of [1, 3, 7]) {
      const pages = await readPages(member, `limit=${limit}&q=Project`);
      expect(pages).toHaveLength(Math.ceil(7 / limit));
      expect(linesOf(pages.join('')).map(({ id }) => id)).toEqual(ids);
    }
  });

  test('a page has at most 1,000 lines, whatever the limit says', async () => {
    const member = await createMember();
    const ids = [...(await createMany(member, numbered(1_000))), ...(await createMany(member, numbered(1)))];
    for (const query of ['', 'limit=5000']) {
      const pages = await readPages(member, query);
      expect(pages.map((page) => linesOf(page).length)).toEqual([1_000, 1]);
      expect(linesOf(pages.join('')).map(({ id }) => id)).toEqual(ids);
    }
  });

  test('a page ends before it outgrows what Lambda answers', async () => {
    const member = await createMember();
    const largest = { description: '\u0001'.repeat(4_000), metadata: { a: '"'.repeat(8_000) } };
    const ids = await createMany(
      member,
      numbered(100).map((input) => ({ ...input, ...largest })),
    );
    const pages = await readPages(member, '');
    expect(pages.length).toBeGreaterThan(1);
    for (const page of pages) expect(Buffer.byteLength(page)).toBeLessThanOrEqual(2_000_000);
    expect(linesOf(pages.join('')).map(({ id }) => id)).toEqual(ids);
    const list = await call(listProjects, { token: member.token, query: 'limit=100' });
    expect(Buffer.byteLength(JSON.stringify(list.text))).toBeLessThan(6_000_000);
    expect(list.headers).toHaveProperty('link');
  });

  test('keeps the filters of the list, and what deletion left', async () => {
    const member = await createMember();
    const [, , third = ''] = await createMany(member, [
      { name: 'Active', tags: ['red'] },
      { name: 'Paused', tags: ['red'], status: 'paused' },
      { name: 'Deleted' },
    ]);
    await deleteProject(member.ctx, third);
    const names = async (query: string) => linesOf((await read(member, query)).text).map(({ name }) => name);
    expect(await names('')).toEqual(['Active', 'Paused']);
    expect(await names('tag=red&status=paused')).toEqual(['Paused']);
    expect(await names('createdBefore=2020-01-01T00:00:00Z')).toEqual([]);
  });

  test('text of any script stays what it is, and in its line', async () => {
    const member = await createMember();
    const project = {
      name: 'مشروع 🚀 プロジェクト',
      description: 'a\nb\r\n\u2028\u202e"\\',
      metadata: { 'ключ\n': '👩‍🚀' },
    };
    await createMany(member, [project]);
    const { text } = await read(member);
    expect(text.split('\n')).toHaveLength(2);
    expect(linesOf(text)).toMatchObject([project]);
  });

  test('of nothing is an empty body', async () => {
    const { status, text, headers } = await read(await createMember());
    expect([status, text, headers['content-type']]).toEqual([200, '', 'application/x-ndjson']);
    expect(headers).not.toHaveProperty('link');
  });
});

describe('rejects', () => {
  test.each(['limit=0', 'status=done', 'createdAfter=yesterday'])('%s with 422', async (query) => {
    expect((await read(await createMember(), query)).status).toBe(422);
  });

  test.each(['sort=name', 'count=exact'])('%s, which is of the list, with 400', async (query) => {
    const { status, body } = await read(await createMember(), query);
    expect([status, body.code]).toEqual([400, 'unknown_parameter']);
  });

  test('a cursor with another filter with 400', async () => {
    const member = await createMember();
    await createMany(member, numbered(2));
    const query = nextQuery((await read(member, 'limit=1')).headers.link);
    const { status, body } = await read(member, `${query}&status=active`);
    expect([status, body.code]).toEqual([400, 'invalid_cursor']);
  });
});

describe('protects', () => {
  test('the projects of other organizations, from their cursor too', async () => {
    const [member, stranger] = await Promise.all([createMember(), createMember()]);
    await createMany(member, numbered(2));
    await createMany(stranger, [{ name: 'Own' }]);
    expect(linesOf((await read(stranger)).text)).toMatchObject([
      { name: 'Own', organizationId: stranger.actor.organizationId },
    ]);
    const query = nextQuery((await read(member, 'limit=1')).headers.link);
    const { status, body } = await read(stranger, query);
    expect([status, body.code]).toEqual([400, 'invalid_cursor']);
  });
});
