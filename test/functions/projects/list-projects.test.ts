import { describe, expect, test } from 'vitest';
import { handler as listProjects } from '#functions/projects/list-projects.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { deleteProject } from '#lib/projects/delete-project.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { call } from '#test/support/call.ts';
import { createMember, type Member, sql } from '#test/support/tenant.ts';

async function createMany(member: Member, count: number) {
  const created = [];
  for (let number = 1; number <= count; number++)
    created.push(await createProject(member.ctx, CreateProjectInput.parse({ name: `Project ${number}` })));
  return created;
}

async function readPages(
  member: Member,
  limit: number,
  between: () => Promise<unknown> = async () => undefined,
) {
  const names: string[] = [];
  for (let cursor: string | undefined, pages = 0; pages < 50; pages++) {
    const query = { limit: String(limit), ...(cursor && { cursor }) };
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
  test.each(['limit=0', 'limit=-1', 'limit=x', 'limit=1.5', 'status=done'])('%s with 422', async (query) => {
    const { token } = await createMember();
    const { status, body } = await call(listProjects, { token, query });
    expect([status, body.errors[0].in, body.errors[0].pointer]).toEqual([
      422,
      'query',
      `/${query.split('=')[0]}`,
    ]);
  });

  test.each([
    'x',
    'bnVsbA',
    ...['["2026-01-01","x"]', '["0000-01-01T00:00:00Z","01980000-0000-7000-8000-000000000001"]'].map((text) =>
      Buffer.from(text).toString('base64url'),
    ),
  ])('the cursor %s with 400', async (cursor) => {
    const { token } = await createMember();
    const { status, body } = await call(listProjects, { token, query: { cursor } });
    expect([status, body.code]).toEqual([400, 'invalid_cursor']);
  });
});

describe('protects', () => {
  test('the projects of other organizations', async () => {
    const [member, stranger] = await Promise.all([createMember(), createMember()]);
    await createMany(member, 2);
    expect(await readPages(stranger, 10)).toEqual([]);
  });
});
