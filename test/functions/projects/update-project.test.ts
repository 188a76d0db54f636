import { describe, expect, test } from 'vitest';
import { handler as updateProject } from '#functions/projects/update-project.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { deleteProject } from '#lib/projects/delete-project.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { call } from '#test/support/call.ts';
import { createMember, sql } from '#test/support/tenant.ts';

async function setUp(input: object = {}) {
  const member = await createMember();
  const project = await createProject(member.ctx, CreateProjectInput.parse({ name: 'Before', ...input }));
  const patch = (body: unknown, headers: Record<string, string> = {}) =>
    call(updateProject, { token: member.token, params: { id: project.id }, body, headers });
  return { member, project, patch };
}

describe('succeeds', () => {
  test('changes what is sent, keeps the rest and counts the version', async () => {
    const { project, patch } = await setUp({ tags: ['kept'] });
    const { status, body, headers } = await patch({ name: 'After' });
    expect(status).toBe(200);
    expect(headers.etag).toBe('"v2"');
    expect(body).toEqual({ ...project, name: 'After', version: 2, updatedAt: expect.any(String) });
    expect(body.updatedAt > project.updatedAt).toBe(true);
  });

  test('merges metadata by RFC 7396, as application/merge-patch+json too', async () => {
    const { patch } = await setUp({ metadata: { keep: 1, drop: 2, deep: { a: 1, b: 2 } } });
    const body = { metadata: { drop: null, deep: { b: null, c: 3 }, add: [null] } };
    const answer = await patch(body, { 'content-type': 'application/merge-patch+json' });
    expect(answer.body.metadata).toEqual({ keep: 1, deep: { a: 1, c: 3 }, add: [null] });
  });

  test('records what changed, from what, to what', async () => {
    const { project, patch } = await setUp();
    await patch({ name: 'After', status: 'paused' });
    const [event] =
      await sql`select changes from audit_events where entity_id = ${project.id} and action = 'project.update'`;
    expect(event?.changes).toEqual({
      name: { before: 'Before', after: 'After' },
      status: { before: 'active', after: 'paused' },
      version: { before: 1, after: 2 },
      updatedAt: { before: project.updatedAt, after: expect.any(String) },
    });
  });

  test('accepts any of the tags in If-Match', async () => {
    const { patch } = await setUp();
    expect((await patch({ name: 'A' }, { 'if-match': '"v9", "v1"' })).status).toBe(200);
    expect((await patch({ name: 'B' }, { 'if-match': '*' })).status).toBe(200);
  });
});

describe('changes nothing, writes nothing', () => {
  const before = { name: 'Before', tags: ['a', 'b'], metadata: { b: { y: 1, x: [1, null] }, aa: 'text' } };

  test.each([
    ['{}', {}],
    ['the values it has', { name: ' Before ', status: 'active', tags: ['a', 'b'] }],
    ['its metadata in another order', { metadata: { aa: 'text', b: { x: [1, null], y: 1 } } }],
    ['the removal of metadata that is not there', { metadata: { nowhere: null, b: { gone: null } } }],
  ])('%s', async (_, body) => {
    const { project, patch } = await setUp(before);
    const answer = await patch(body, { 'if-match': '"v1"' });
    expect([answer.status, answer.headers.etag]).toEqual([200, '"v1"']);
    expect(answer.body).toEqual(project);
    const events = await sql`select action from audit_events where entity_id = ${project.id}`;
    expect(events).toEqual([{ action: 'project.create' }]);
  });

  test.each([
    ['tags in another order', { tags: ['b', 'a'] }],
    ['an array in another order', { metadata: { b: { x: [null, 1] } } }],
  ])('but %s is a change', async (_, body) => {
    const { patch } = await setUp(before);
    expect((await patch(body)).headers.etag).toBe('"v2"');
  });

  test('and is refused like any other change', async () => {
    const { member, project, patch } = await setUp();
    const stale = await patch({}, { 'if-match': '"v7"' });
    expect([stale.status, stale.headers.etag]).toEqual([412, '"v1"']);
    await deleteProject(member.ctx, project.id);
    expect((await patch({})).status).toBe(410);
  });
});

describe('rejects', () => {
  test.each(['"v2"', 'W/"v1"', 'v1', '"abc"', '"v99999999999999999999"', ''])(
    'If-Match %s with 412 and the current tag',
    async (tag) => {
      const { patch } = await setUp();
      const { status, body, headers } = await patch({ name: 'Lost' }, { 'if-match': tag });
      expect([status, body.code, headers.etag]).toEqual([412, 'precondition_failed', '"v1"']);
    },
  );

  test('a slug that another project has', async () => {
    const { member, patch } = await setUp();
    await createProject(member.ctx, CreateProjectInput.parse({ name: 'Taken', slug: 'taken' }));
    const { status, body } = await patch({ slug: 'taken' });
    expect([status, body.code]).toEqual([409, 'slug_taken']);
  });

  test('metadata that is too large only after merging', async () => {
    const { patch } = await setUp({ metadata: { a: 'x'.repeat(16_000) } });
    const { status, body } = await patch({ metadata: { b: 'x'.repeat(1_000) } });
    expect([status, body.errors[0].pointer]).toEqual([422, '/metadata']);
  });

  test('null for a field that cannot be removed, and an owner of elsewhere', async () => {
    const { patch } = await setUp();
    expect((await patch({ name: null })).body.errors[0].pointer).toBe('/name');
    const stranger = await createMember();
    expect((await patch({ ownerId: stranger.userId })).body.errors[0].pointer).toBe('/ownerId');
  });
});

describe('protects', () => {
  test('against lost updates: of 50 writers with one tag exactly one wins', async () => {
    const { project, patch } = await setUp();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, writer) => patch({ name: `Writer ${writer}` }, { 'if-match': '"v1"' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(49).fill(412)]);
    const [stored] = await sql`select version, name from projects where id = ${project.id}`;
    expect(stored).toEqual({ version: 2, name: answers.find(({ status }) => status === 200)?.body.name });
  });
});
