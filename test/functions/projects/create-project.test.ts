import { describe, expect, test } from 'vitest';
import { handler as createProject } from '#functions/projects/create-project.ts';
import { handler as getProject } from '#functions/projects/get-project.ts';
import { answerTo, call } from '#test/support/call.ts';
import { toEvent } from '#test/support/event.ts';
import { createMember, createTenant, sql } from '#test/support/tenant.ts';

describe('succeeds', () => {
  test('answers 201 with the project, its address and its entity tag', async () => {
    const { token, actor } = await createMember();
    const body = { name: ' Apollo 11 ', tags: ['space'], metadata: { crew: ['Neil', 'Buzz', null] } };
    const created = await call(createProject, { token, body });
    expect(created.status).toBe(201);
    expect(created.headers).toMatchObject({ location: `/api/v1/projects/${created.body.id}`, etag: '"v1"' });
    expect(created.body).toMatchObject({
      name: 'Apollo 11',
      slug: `apollo-11-${created.body.id.slice(-8)}`,
      description: '',
      status: 'active',
      tags: ['space'],
      metadata: { crew: ['Neil', 'Buzz', null] },
      ownerId: actor.userId,
      organizationId: actor.organizationId,
      version: 1,
      deletedAt: null,
    });
    expect(created.body.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/);
    const read = await call(getProject, { token, params: { id: created.body.id } });
    expect([read.body, read.headers.etag]).toEqual([created.body, '"v1"']);
  });

  test('stores text of any script unchanged', async () => {
    const { token } = await createMember();
    const body = { name: 'مشروع 🚀 プロジェクト', description: 'a\nb\u202e"\\' };
    const created = await call(createProject, { token, body });
    expect(created.body).toMatchObject({ ...body, slug: `project-${created.body.id.slice(-8)}` });
  });

  test('reads a body that API Gateway encoded', async () => {
    const { token } = await createMember();
    const event = toEvent(createProject, { token, body: { name: 'Encodé' } });
    const body = Buffer.from(String(event.body)).toString('base64');
    const answer = await answerTo(createProject, { ...event, body, isBase64Encoded: true });
    expect(answer.body.name).toBe('Encodé');
  });

  test('makes another member the owner', async () => {
    const tenant = await createTenant();
    const [creator, owner] = await Promise.all([tenant.addMember(['editor']), tenant.addMember(['viewer'])]);
    const created = await call(createProject, {
      token: creator.token,
      body: { name: 'Gift', ownerId: owner.userId },
    });
    expect(created.body.ownerId).toBe(owner.userId);
  });

  test('writes the audit row with the change', async () => {
    const { token, actor } = await createMember();
    const headers = { 'x-request-id': 'audited-request' };
    const { body } = await call(createProject, { token, headers, body: { name: 'Audited' } });
    const events = await sql`select * from audit_events where entity_id = ${body.id}`;
    expect(events).toMatchObject([
      {
        action: 'project.create',
        actor_type: 'user',
        actor_id: actor.userId,
        organization_id: actor.organizationId,
        request_id: 'audited-request',
        changes: { name: { after: 'Audited' } },
      },
    ]);
  });
});

describe('rejects', () => {
  test('a slug that is in use, whatever happens at the same time', async () => {
    const { token, actor } = await createMember();
    const attempts = await Promise.all(
      Array.from({ length: 20 }, () => call(createProject, { token, body: { name: 'Race', slug: 'race' } })),
    );
    expect(attempts.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)]);
    expect(attempts.find(({ status }) => status === 409)?.body).toMatchObject({
      code: 'slug_taken',
      retryable: false,
    });
    const [stored] = await sql`
      select count(*)::int as rows, (select count(*)::int from audit_events where organization_id = ${actor.organizationId}) as events
      from projects where organization_id = ${actor.organizationId}`;
    expect(stored).toEqual({ rows: 1, events: 1 });
  });

  test.each([
    ['no name', {}, '/name'],
    ['a blank name', { name: '  ' }, '/name'],
    ['a 10 KB name', { name: 'x'.repeat(10_240) }, '/name'],
    ['a slug with capitals', { name: 'x', slug: 'No' }, '/slug'],
    ['an unknown status', { name: 'x', status: 'done' }, '/status'],
    ['a repeated tag', { name: 'x', tags: ['a', 'a'] }, '/tags'],
    ['a tag that is no text', { name: 'x', tags: ['a', 1] }, '/tags/1'],
    ['metadata that is no object', { name: 'x', metadata: [] }, '/metadata'],
    ['metadata above 16 KB', { name: 'x', metadata: { a: 'é'.repeat(8_200) } }, '/metadata'],
    ['an owner of elsewhere', { name: 'x', ownerId: '01980000-0000-7000-8000-00000000dead' }, '/ownerId'],
    ['a field nobody may set', { name: 'x', version: 7 }, '/version'],
  ])('%s, with a pointer to it', async (_, body, pointer) => {
    const { token, actor } = await createMember();
    const answer = await call(createProject, { token, body });
    expect([answer.status, answer.body.code]).toEqual([422, 'validation_failed']);
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual([pointer]);
    expect(await sql`select 1 from projects where organization_id = ${actor.organizationId}`).toHaveLength(0);
  });
});

describe('protects', () => {
  test('an organization from a member who left, though the token still lives', async () => {
    const { token, userId } = await createMember();
    await sql`delete from memberships where user_id = ${userId}`;
    const answer = await call(createProject, { token, body: { name: 'Too late' } });
    expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated']);
  });

  test('the slugs of other organizations from being known', async () => {
    const [one, other] = await Promise.all([createMember(), createMember()]);
    const body = { name: 'Secret', slug: 'secret' };
    expect((await call(createProject, { token: one.token, body })).status).toBe(201);
    expect((await call(createProject, { token: other.token, body })).status).toBe(201);
  });
});
