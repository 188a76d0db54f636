import { expect, test } from 'vitest';
import { handler as replaceProject } from '#functions/projects/replace-project.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { call } from '#test/support/call.ts';
import { createMember } from '#test/support/tenant.ts';

async function setUp() {
  const { ctx, token, userId } = await createMember();
  const input = {
    name: 'Before',
    tags: ['old'],
    metadata: { old: true, deep: { a: 1, b: 2 } },
    description: 'old',
  };
  const project = await createProject(ctx, CreateProjectInput.parse(input));
  const body = { name: 'After', slug: 'after', ownerId: userId };
  const put = (headers: Record<string, string>, changes = {}) =>
    call(replaceProject, { token, params: { id: project.id }, headers, body: { ...body, ...changes } });
  return { project, put };
}

test('succeeds: what is left out goes back to its default', async () => {
  const { project, put } = await setUp();
  const { status, body, headers } = await put({ 'if-match': '"v1"' });
  expect([status, headers.etag]).toEqual([200, '"v2"']);
  expect(body).toMatchObject({
    id: project.id,
    name: 'After',
    slug: 'after',
    tags: [],
    metadata: {},
    description: '',
    createdAt: project.createdAt,
  });
});

test('succeeds without a new version when it replaces everything by itself', async () => {
  const { project, put } = await setUp();
  const { name, slug, ownerId, tags, description, status } = project;
  const metadata = { deep: { b: 2, a: 1 }, old: true };
  const answer = await put(
    { 'if-match': '"v1"' },
    { name, slug, ownerId, tags, metadata, description, status },
  );
  expect([answer.status, answer.headers.etag, answer.body]).toEqual([200, '"v1"', project]);
});

test('rejects a replace without If-Match, and with a stale one', async () => {
  const { put } = await setUp();
  expect((await put({})).body.code).toBe('precondition_required');
  expect((await put({ 'if-match': '"v7"' })).body.code).toBe('precondition_failed');
  expect((await put({ 'if-match': '*' })).status).toBe(200);
});

test('rejects a body without the required fields', async () => {
  const { put } = await setUp();
  const { body } = await put({ 'if-match': '*' }, { slug: undefined, ownerId: undefined });
  expect(body.errors.map((error: { pointer: string }) => error.pointer)).toEqual(['/slug', '/ownerId']);
});
