import { describe, expect, test } from 'vitest';
import { handler as getOrganization } from '#functions/organizations/get-organization.ts';
import { handler as updateOrganization } from '#functions/organizations/update-organization.ts';
import { call } from '#test/support/call.ts';
import { createMember, sql } from '#test/support/tenant.ts';

async function setUp() {
  const { token, actor } = await createMember('admin');
  const params = { id: actor.organizationId };
  const patch = (body: object, headers = {}) => call(updateOrganization, { token, params, body, headers });
  const read = (headers = {}) => call(getOrganization, { token, params, headers });
  return { token, params, patch, read };
}

describe('succeeds', () => {
  test('merges name and settings, as the next version, with an audit event', async () => {
    const { params, patch, read } = await setUp();
    const answer = await patch({ name: 'Renamed', settings: { defaultRole: 'editor' } });
    expect([answer.status, answer.headers.etag]).toEqual([200, '"v2"']);
    expect(answer.body).toMatchObject({
      name: 'Renamed',
      settings: { defaultRole: 'editor', invitationDays: 7 },
    });
    await patch({ settings: { invitationDays: 1 } });
    expect((await patch({ settings: { defaultRole: null } })).body.settings).toEqual({
      defaultRole: 'viewer',
      invitationDays: 1,
    });
    expect((await read()).body).toMatchObject({ name: 'Renamed', version: 4 });
    const [event] =
      await sql`select changes from audit_events where entity_id = ${params.id} order by id limit 1`;
    expect(event?.changes).toMatchObject({
      name: { before: 'Test', after: 'Renamed' },
      settings: { before: {}, after: { defaultRole: 'editor' } },
    });
  });

  test('without a new version when nothing changes', async () => {
    const { patch } = await setUp();
    for (const body of [{}, { name: 'Test' }, { settings: {} }, { settings: { invitationDays: null } }])
      expect((await patch(body)).headers.etag).toBe('"v1"');
  });

  test('answers 304 to who has it', async () => {
    const { read } = await setUp();
    expect((await read({ 'if-none-match': '"v1"' })).status).toBe(304);
  });
});

describe('rejects', () => {
  test('a stale If-Match, with the version that is current', async () => {
    const { patch } = await setUp();
    await patch({ name: 'Second' }, { 'if-match': '"v1"' });
    const { status, body, headers } = await patch({ name: 'Third' }, { 'if-match': '"v1"' });
    expect([status, body.code, headers.etag]).toEqual([412, 'precondition_failed', '"v2"']);
  });

  test.each([
    { name: null },
    { settings: null },
    { settings: { defaultRole: 'owner' } },
    { settings: { invitationDays: 31 } },
    { settings: { unknown: 1 } },
  ])('%j', async (body) => {
    const { patch } = await setUp();
    expect((await patch(body)).status).toBe(422);
  });
});

describe('protects', () => {
  test('an organization of the actor in which he does not act: the same 404 as a missing one', async () => {
    const { token, params } = await setUp();
    const { userId } = await createMember();
    const other = await createMember();
    await sql`insert into memberships (organization_id, user_id, role) values (${params.id}, ${other.userId}, 'owner')`;
    const answer = await call(updateOrganization, { token: other.token, params, body: { name: 'Taken' } });
    const missing = await call(updateOrganization, {
      token,
      params: { id: userId },
      body: { name: 'Taken' },
    });
    expect([answer.status, missing.status]).toEqual([404, 404]);
    expect((await call(getOrganization, { token, params })).body.name).toBe('Test');
  });
});
