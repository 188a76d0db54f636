import { describe, expect, test } from 'vitest';
import { handler as runProjectBatch } from '#functions/projects/run-project-batch.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { call } from '#test/support/call.ts';
import { createMember, createTenant, type Member, sql } from '#test/support/tenant.ts';

const run = (
  { token }: Member,
  isAtomic: boolean,
  operations: object[],
  headers: Record<string, string> = {},
) => call(runProjectBatch, { token, headers, body: { isAtomic, operations } });

const create = (slug: string) => ({ operation: 'create', project: { name: slug, slug } });

const slugsOf = async ({ actor }: Member) =>
  (
    await sql`select slug from projects where organization_id = ${actor.organizationId} and deleted_at is null order by slug`
  ).map(({ slug }) => slug);

async function setUp() {
  const member = await createMember();
  const project = await createProject(member.ctx, CreateProjectInput.parse({ name: 'Old', slug: 'old' }));
  return { member, project };
}

describe('succeeds', () => {
  test.each([true, false])('runs the operations in order and answers each (atomic: %s)', async (isAtomic) => {
    const { member, project } = await setUp();
    const { status, body } = await run(member, isAtomic, [
      create('a'),
      { operation: 'update', id: project.id, ifVersion: 1, project: { status: 'paused' } },
      { operation: 'delete', id: project.id, ifVersion: 2 },
      create('old'),
    ]);
    expect(status).toBe(200);
    expect(body.results).toMatchObject([
      { project: { slug: 'a', version: 1 } },
      { project: { id: project.id, status: 'paused', version: 2 } },
      {},
      { project: { slug: 'old' } },
    ]);
    expect(await slugsOf(member)).toEqual(['a', 'old']);
    const [audit] =
      await sql`select count(*)::int as events from audit_events where organization_id = ${member.actor.organizationId}`;
    expect(audit?.events).toBe(5);
  });

  test('one by one: what is refused is undone alone, and says why', async () => {
    const { member, project } = await setUp();
    const stranger = await createMember();
    const foreign = await createProject(stranger.ctx, CreateProjectInput.parse({ name: 'Theirs' }));
    const { status, body } = await run(member, false, [
      create('old'),
      { operation: 'update', id: project.id, ifVersion: 7, project: { name: 'Lost' } },
      { operation: 'delete', id: foreign.id },
      create('new'),
    ]);
    expect(status).toBe(200);
    expect(body.results).toMatchObject([
      { error: { code: 'slug_taken', retryable: false } },
      { error: { code: 'precondition_failed' } },
      { error: { code: 'not_found' } },
      { project: { slug: 'new' } },
    ]);
    expect(await slugsOf(member)).toEqual(['new', 'old']);
  });

  test('100 operations, and the repetition with the same key does nothing', async () => {
    const member = await createMember();
    const operations = Array.from({ length: 100 }, (_, number) => create(`p${number}`));
    const headers = { 'idempotency-key': 'batch' };
    const first = await run(member, true, operations, headers);
    const second = await run(member, true, operations, headers);
    expect([second.headers['idempotency-replayed'], second.body]).toEqual(['true', first.body]);
    expect(await slugsOf(member)).toHaveLength(100);
  });
});

describe('rejects', () => {
  test('all of an atomic batch for one refusal, naming it', async () => {
    const { member, project } = await setUp();
    const { status, body } = await run(member, true, [create('a'), create('old'), create('b')]);
    expect([status, body.code, body.errors[0].pointer]).toEqual([409, 'slug_taken', '/operations/1']);
    const stranger = await createMember();
    const wrongOwner = { operation: 'update', id: project.id, project: { ownerId: stranger.userId } };
    const owner = await run(member, true, [create('a'), wrongOwner]);
    expect([owner.status, owner.body.errors[0].pointer]).toEqual([422, '/operations/1/project/ownerId']);
    expect(await slugsOf(member)).toEqual(['old']);
  });

  test.each([
    ['no operations', []],
    ['101 operations', Array.from({ length: 101 }, () => create('a'))],
    ['an unknown operation', [{ operation: 'archive', id: 'x' }]],
    ['an invalid project', [{ operation: 'create', project: {} }]],
  ])('%s', async (_, operations) => {
    const { status, body } = await run(await createMember(), false, operations);
    expect([status, body.errors[0].pointer.startsWith('/operations')]).toEqual([422, true]);
  });
});

describe('protects', () => {
  test('what the role may not do, operation by operation', async () => {
    const tenant = await createTenant();
    const [owner, editor] = [await tenant.addMember(), await tenant.addMember(['editor'])];
    const { id } = await createProject(owner.ctx, CreateProjectInput.parse({ name: 'Kept', slug: 'kept' }));
    const { body } = await run(editor, false, [{ operation: 'delete', id }, create('allowed')]);
    expect(body.results).toMatchObject([{ error: { code: 'forbidden' } }, { project: { slug: 'allowed' } }]);
    expect(await slugsOf(owner)).toEqual(['allowed', 'kept']);
  });
});
