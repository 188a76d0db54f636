import { describe, expect, test } from 'vitest';
import { handler as createApiKey } from '#functions/api-keys/create-api-key.ts';
import { handler as createProject } from '#functions/projects/create-project.ts';
import { handler as deleteProject } from '#functions/projects/delete-project.ts';
import { createApiKey as createKeyOf } from '#lib/api-keys/create-api-key.ts';
import { parseKey } from '#lib/api-keys/key-format.ts';
import { issueAccessToken } from '#lib/auth/issue-access-token.ts';
import { call } from '#test/support/call.ts';
import { createKey } from '#test/support/scenario.ts';
import { createMember, sql } from '#test/support/tenant.ts';

// To the second: PostgreSQL leaves out the zeros that a fraction ends with.
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z');

describe('succeeds', () => {
  test('with the key, this once; the database has a hash of its secret only', async () => {
    const { token, userId } = await createMember();
    const expiresAt = inAnHour();
    const { status, body, headers } = await call(createApiKey, {
      token,
      body: { name: ' Import ', scopes: ['projects:create', 'projects:read', 'projects:read'], expiresAt },
    });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      name: 'Import',
      userId,
      scopes: ['projects:create', 'projects:read'],
      createdAt: expect.stringMatching(/Z$/),
      rotatedAt: null,
      previousExpiresAt: null,
      expiresAt,
      lastUsedAt: null,
      key: expect.stringMatching(/^plk_[0-9a-f]{32}_[0-9A-Za-z]{49}$/),
    });
    expect(headers['cache-control']).toBe('no-store');
    const [row] = await sql`select * from api_keys where id = ${body.id}`;
    expect(row?.secret_hash).toBe(parseKey(body.key)?.secretHash);
    const secret = body.key.slice(37, 80);
    const [audit] = await sql`select * from audit_events where entity_id = ${body.id}`;
    expect(audit).toMatchObject({ action: 'api_key.create', actor_type: 'user', actor_id: userId });
    expect(Object.keys(audit?.changes)).toEqual(['name', 'scopes', 'expiresAt']);
    for (const stored of [row, audit]) {
      expect(JSON.stringify(stored)).not.toContain(secret);
      expect(JSON.stringify(stored)).not.toContain(body.key);
    }
    expect(JSON.stringify(audit)).not.toContain(row?.secret_hash);
  });

  test('and what the key does belongs to its owner and is audited with the key', async () => {
    const member = await createMember();
    const { id, headers } = await createKey(member, ['projects:create']);
    const { status, body } = await call(createProject, { headers, body: { name: 'By key' } });
    expect([status, body.ownerId]).toEqual([201, member.userId]);
    const [audit] = await sql`select * from audit_events where entity_id = ${body.id}`;
    expect(audit).toMatchObject({
      action: 'project.create',
      actor_type: 'api_key',
      actor_id: id,
      organization_id: member.actor.organizationId,
    });
    expect((await call(deleteProject, { headers, params: { id: body.id } })).status).toBe(403);
  });
});

describe('rejects', () => {
  test('scopes beyond the permissions of its owner, each by name', async () => {
    const { token, actor } = await createMember('editor');
    const { status, body } = await call(createApiKey, {
      token,
      body: { name: 'Greedy', scopes: ['projects:read', 'projects:delete', 'signing_keys:rotate'] },
    });
    expect([status, body.code]).toEqual([422, 'validation_failed']);
    expect(body.errors).toMatchObject([
      { in: 'body', pointer: '/scopes/1', code: 'not_held' },
      { in: 'body', pointer: '/scopes/2', code: 'not_held' },
    ]);
    expect(await sql`select id from api_keys where organization_id = ${actor.organizationId}`).toEqual([]);
  });

  test.each([
    ['/scopes', { scopes: [] }],
    ['/scopes/0', { scopes: ['projects:everything'] }],
    ['/scopes', { scopes: 'projects:read' }],
    ['/name', { name: ' ' }],
    ['/name', { name: 'x'.repeat(101) }],
    ['/expiresAt', { expiresAt: 'tomorrow' }],
    ['/expiresAt', { expiresAt: '2026-01-01T00:00:00Z' }],
    ['/expiresAt', { expiresAt: '0000-01-01T00:00:00Z' }],
    ['/expiresAt', { expiresAt: '9999-12-31T23:59:59-14:00' }],
  ])('%s that cannot be: %j', async (pointer, wrong) => {
    const { token } = await createMember();
    const { status, body } = await call(createApiKey, {
      token,
      body: { name: 'Odd', scopes: ['projects:read'], ...wrong },
    });
    expect([status, body.errors[0].pointer]).toEqual([422, pointer]);
  });

  test('no end that PostgreSQL would round beyond the calendar', async () => {
    const { token } = await createMember();
    const expiresAt = '9999-12-31T23:59:59.9999999Z';
    const { status, body } = await call(createApiKey, {
      token,
      body: { name: 'Far', scopes: ['projects:read'], expiresAt },
    });
    expect([status, body.expiresAt]).toEqual([201, '9999-12-31T23:59:59.999Z']);
  });
});

describe('protects', () => {
  test('an organization from who is removed from it while the request is under way', async () => {
    const { ctx, userId } = await createMember();
    await sql`delete from memberships where user_id = ${userId}`;
    const creation = createKeyOf(ctx, { name: 'Late', scopes: ['projects:read'] });
    await expect(creation).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('against a session whose proof of identity is older than ten minutes', async () => {
    const { actor, ctx } = await createMember();
    const session = { ...actor.session, authenticatedAtSeconds: actor.session.authenticatedAtSeconds - 601 };
    const end = new Date(ctx.now.getTime() + 3_600_000);
    const { accessToken: token } = await issueAccessToken({ ...actor, session }, ctx.now, end);
    const { body } = await call(createApiKey, { token, body: { name: 'Stale', scopes: ['projects:read'] } });
    expect(body.code).toBe('step_up_required');
  });
});
