import { describe, expect, test } from 'vitest';
import { handler as listProjects } from '#functions/projects/list-projects.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { deleteProject } from '#lib/projects/delete-project.ts';
import { listProjects as readProjects } from '#lib/projects/list-projects.ts';
import { CreateProjectInput, ListProjectsQuery } from '#lib/projects/schemas.ts';
import { call } from '#test/support/call.ts';
import { createMember, type Member, sql } from '#test/support/tenant.ts';

async function createMany(member: Member, count: number) {
  const created = [];
  for (let number = 1; number <= count; number++)
    created.push(await createProject(member.ctx, CreateProjectInput.parse({ name: `Project ${number}` })));
  return created;
}

async function createNamed(member: Member, names: string[]) {
  const created = [];
  for (const [index, name] of names.entries()) {
    const input = CreateProjectInput.parse({ name, slug: `p${index}`, description: `About ${name}` });
    created.push(await createProject(member.ctx, input));
  }
  return created;
}

async function firstCursor({ token }: Member, query: string): Promise<string> {
  return (await call(listProjects, { token, query })).body.nextCursor;
}

/** Past the rate limit of the endpoint. */
async function readCursor({ ctx }: Member, cursor: string) {
  return readProjects(ctx, ListProjectsQuery.parse({ limit: 1, cursor }));
}

async function readPages(
  member: Member,
  limit: number,
  between: () => Promise<unknown> = async () => undefined,
  filter: Record<string, string> = {},
) {
  const names: string[] = [];
  for (let cursor: string | undefined, pages = 0; pages < 50; pages++) {
    const query = { ...filter, limit: String(limit), ...(cursor && { cursor }) };
    const { body } = await call(listProjects, { token: member.token, query });
    names.push(...body.items.map(({ name }: { name: string }) => name));
    cursor = body.nextCursor;
    if (!cursor) return names;
    await between();
  }
  throw new Error('the list does not end');
}

describe('succeeds', () => {
  test('pages newest first, every project once, and ends without a cursor', async () => {
    const member = await createMember();
    await createMany(member, 7);
    const names = [7, 6, 5, 4, 3, 2, 1].map((number) => `Project ${number}`);
    for (const limit of [1, 2, 3, 7, 8]) expect(await readPages(member, limit)).toEqual(names);
  });

  test('repeats and skips nothing when timestamps are equal to the microsecond', async () => {
    const member = await createMember();
    await createMany(member, 9);
    await sql`update projects set created_at = '2026-11-21 09:00:00.123456Z' where organization_id = ${member.actor.organizationId}`;
    const names = await readPages(member, 2);
    expect(new Set(names).size).toBe(9);
    expect(names).toHaveLength(9);
  });

  test('stays stable while projects are created and deleted between pages', async () => {
    const member = await createMember();
    const projects = await createMany(member, 6);
    let round = 0;
    const names = await readPages(member, 2, async () => {
      round += 1;
      await createProject(member.ctx, CreateProjectInput.parse({ name: `Late ${round}` }));
      if (round === 1) await deleteProject(member.ctx, projects[0]?.id ?? '');
    });
    expect(names).toEqual([6, 5, 4, 3, 2].map((number) => `Project ${number}`));
  });

  test('filters by status', async () => {
    const member = await createMember();
    await createMany(member, 2);
    await createProject(member.ctx, CreateProjectInput.parse({ name: 'Paused', status: 'paused' }));
    const { body } = await call(listProjects, { token: member.token, query: { status: 'paused' } });
    expect(body).toEqual({ items: [expect.objectContaining({ name: 'Paused' })] });
  });

  test.each([
    ['name', ['A', 'Z', 'a', 'Ä']],
    ['-name', ['Ä', 'a', 'Z', 'A']],
    ['createdAt', ['a', 'Z', 'Ä', 'A']],
    ['-createdAt', ['A', 'Ä', 'Z', 'a']],
    ['updatedAt', ['Z', 'Ä', 'A', 'a']],
    ['-updatedAt', ['a', 'A', 'Ä', 'Z']],
  ])('sorts by %s', async (sort, names) => {
    const member = await createMember();
    const [first] = await createNamed(member, ['a', 'Z', 'Ä', 'A']);
    await sql`update projects set updated_at = clock_timestamp() where id = ${first?.id ?? ''}`;
    expect(await readPages(member, 3, undefined, { sort })).toEqual(names);
  });

  test('finds text in name and description whatever its case, wildcards being letters like others', async () => {
    const member = await createMember();
    await createNamed(member, ['100% Apollo', '100 Apollo', 'Gemini_1', 'Gemini 1', 'back\\slash']);
    const found = async (q: string) => readPages(member, 10, undefined, { q, sort: 'name' });
    expect(await found('APOLLO')).toEqual(['100 Apollo', '100% Apollo']);
    expect(await found('100%')).toEqual(['100% Apollo']);
    expect(await found('ini_')).toEqual(['Gemini_1']);
    expect(await found('k\\s')).toEqual(['back\\slash']);
    expect(await found('about gemini_1')).toEqual(['Gemini_1']);
    expect(await found('%%%')).toEqual([]);
  });

  test('combines filters: owner, tag, and instants from (inclusive) and before (exclusive)', async () => {
    const member = await createMember();
    const [one, two] = await createNamed(member, ['one', 'two']);
    await sql`update projects set created_at = '2026-01-01 00:00:00.000001Z', tags = '{red,"a,b"}' where id = ${one?.id ?? ''}`;
    await sql`update projects set created_at = '2026-01-01 00:00:00.000002Z', tags = '{red}' where id = ${two?.id ?? ''}`;
    const found = (filter: Record<string, string>) =>
      readPages(member, 10, undefined, { sort: 'name', ownerId: member.userId, ...filter });
    expect(await found({ tag: 'red' })).toEqual(['one', 'two']);
    expect(await found({ tag: 'a,b', status: 'active' })).toEqual(['one']);
    expect(await found({ tag: 'a,b', status: 'paused' })).toEqual([]);
    expect(await found({ createdAfter: '2026-01-01T01:00:00.000002+01:00' })).toEqual(['two']);
    expect(await found({ createdBefore: '2026-01-01T00:00:00.000002Z' })).toEqual(['one']);
    expect(await found({ updatedAfter: '2026-01-01T00:00:00Z' })).toEqual(['one', 'two']);
    expect(await found({ updatedBefore: '2026-01-01T00:00:00Z' })).toEqual([]);
    expect(await found({ ownerId: '01980000-0000-7000-8000-000000000001' })).toEqual([]);
  });

  test('counts only when asked, exactly or by the estimate of the planner', async () => {
    const member = await createMember();
    await createMany(member, 4);
    const read = async (query: string) => (await call(listProjects, { token: member.token, query })).body;
    expect(await read('limit=1')).not.toHaveProperty('count');
    expect((await read('limit=1&count=exact')).count).toBe(4);
    expect((await read('count=exact&q=ject 2')).count).toBe(1);
    expect((await read('count=estimated&status=active')).count).toBeGreaterThanOrEqual(0);
  });

  test('links to the next page with the same query', async () => {
    const member = await createMember();
    await createMany(member, 3);
    const first = await call(listProjects, { token: member.token, query: 'limit=2&sort=name&q=Project' });
    const link = `</api/v1/projects?limit=2&sort=name&q=Project&cursor=${first.body.nextCursor}>; rel="next"`;
    expect(first.headers.link).toBe(link);
    const query = /\?(.*)>/.exec(link)?.[1] ?? '';
    const last = await call(listProjects, { token: member.token, query });
    expect(last.body.items).toHaveLength(1);
    expect(last.headers).not.toHaveProperty('link');
  });

  test('limit and count may change from page to page', async () => {
    const member = await createMember();
    await createMany(member, 4);
    const cursor = await firstCursor(member, 'limit=1');
    const { body } = await call(listProjects, {
      token: member.token,
      query: { limit: '2', count: 'exact', cursor },
    });
    expect([body.items.length, body.count]).toEqual([2, 4]);
  });

  test('clamps a limit above 100 and defaults to 25', async () => {
    const member = await createMember();
    await createMany(member, 26);
    expect((await call(listProjects, { token: member.token })).body.items).toHaveLength(25);
    expect((await call(listProjects, { token: member.token, query: 'limit=1000' })).body.items).toHaveLength(
      26,
    );
  });
});

describe('rejects', () => {
  test.each([
    'limit=0',
    'limit=-1',
    'limit=x',
    'limit=1.5',
    'status=done',
    'sort=slug',
    'ownerId=me',
    'q=ab',
    'tag=',
    'count=true',
    'createdAfter=2026-01-01',
    'createdBefore=0000-01-01T00:00:00Z',
    'updatedAfter=2026-01-01T00:00:00%2B16:00',
    'updatedBefore=2026-02-30T00:00:00Z',
  ])('%s with 422', async (query) => {
    const { token } = await createMember();
    const { status, body } = await call(listProjects, { token, query });
    expect([status, body.errors[0].in, body.errors[0].pointer]).toEqual([
      422,
      'query',
      `/${query.split('=')[0]}`,
    ]);
  });

  test.each(['x', 'bnVsbA', '__'.repeat(11)])('the cursor %s with 400', async (cursor) => {
    const { token } = await createMember();
    const { status, body } = await call(listProjects, { token, query: { cursor } });
    expect([status, body.code]).toEqual([400, 'invalid_cursor']);
  });

  test('a cursor that was changed, cut or lengthened in any place with 400', async () => {
    const member = await createMember();
    await createMany(member, 2);
    const cursor = await firstCursor(member, 'limit=1');
    const forged = [...cursor].flatMap((character, at) => [
      cursor.slice(0, at),
      `${cursor.slice(0, at)}${character === 'A' ? 'B' : 'A'}${cursor.slice(at + 1)}`,
    ]);
    for (const wrong of [...forged.filter((text) => text !== ''), `${cursor}A`, `${cursor}=`, ` ${cursor}`])
      await expect(readCursor(member, wrong), wrong).rejects.toMatchObject({ code: 'invalid_cursor' });
  });

  test.each([
    'sort=name',
    'sort=createdAt',
    'status=active',
    'q=project',
    'createdAfter=2026-01-01T00:00:00Z',
  ])('the cursor of another sort or filter with 400: %s', async (query) => {
    const member = await createMember();
    await createMany(member, 2);
    const cursors = [await firstCursor(member, 'limit=1'), await firstCursor(member, `limit=1&${query}`)];
    const [plain, other] = cursors;
    for (const wrong of [`limit=1&${query}&cursor=${plain}`, `limit=1&cursor=${other}`]) {
      const { status, body } = await call(listProjects, { token: member.token, query: wrong });
      expect([status, body.code]).toEqual([400, 'invalid_cursor']);
    }
  });

  test('an unknown parameter with 400 that names it and the nearest known one', async () => {
    const { token } = await createMember();
    for (const [unknown, nearest] of [
      ['statuss', 'status'],
      ['created_after', 'createdAfter'],
      ['owner', 'ownerId'],
      ['SORT', 'sort'],
    ]) {
      const { status, body } = await call(listProjects, { token, query: `${unknown}=x` });
      expect([status, body.code]).toEqual([400, 'unknown_parameter']);
      expect(body.detail).toBe(`"${unknown}" is not a parameter here; the nearest is "${nearest}"`);
    }
  });
});

describe('protects', () => {
  test('the projects of other organizations', async () => {
    const [member, stranger] = await Promise.all([createMember(), createMember()]);
    await createMany(member, 2);
    expect(await readPages(stranger, 10)).toEqual([]);
  });

  test('a list against the cursor of another organization', async () => {
    const [member, stranger] = await Promise.all([createMember(), createMember()]);
    await createMany(member, 2);
    const cursor = await firstCursor(member, 'limit=1');
    await expect(readCursor(stranger, cursor)).rejects.toMatchObject({ code: 'invalid_cursor' });
  });
});
