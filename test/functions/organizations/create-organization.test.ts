import { describe, expect, test } from 'vitest';
import { handler as createOrganization } from '#functions/organizations/create-organization.ts';
import { handler as getOrganization } from '#functions/organizations/get-organization.ts';
import { handler as listOrganizations } from '#functions/organizations/list-organizations.ts';
import { call } from '#test/support/call.ts';
import { createMember, sql } from '#test/support/tenant.ts';

describe('succeeds', () => {
  test('the creator is its owner, and goes on acting in the current one', async () => {
    const { token, userId, actor } = await createMember('viewer');
    const { status, body, headers } = await call(createOrganization, { token, body: { name: ' New ' } });
    expect([status, headers.location, headers.etag]).toEqual([
      201,
      `/api/v1/organizations/${body.id}`,
      '"v1"',
    ]);
    expect(body).toEqual({
      id: expect.any(String),
      name: 'New',
      settings: { defaultRole: 'viewer', invitationDays: 7 },
      version: 1,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    expect((await call(listOrganizations, { token })).body.items).toEqual([
      { id: actor.organizationId, name: 'Test', role: 'viewer' },
      { id: body.id, name: 'New', role: 'owner' },
    ]);
    expect((await call(getOrganization, { token, params: { id: body.id } })).status).toBe(404);
    expect(
      await sql`select actor_id, action from audit_events where organization_id = ${body.id}`,
    ).toMatchObject([{ actor_id: userId, action: 'organization.create' }]);
  });

  test('once, when it is sent twice with one Idempotency-Key', async () => {
    const { token } = await createMember();
    const request = { token, body: { name: 'Once' }, headers: { 'idempotency-key': 'create-once' } };
    const [first, second] = [
      await call(createOrganization, request),
      await call(createOrganization, request),
    ];
    expect(second.body).toEqual(first.body);
    expect((await call(listOrganizations, { token })).body.items).toHaveLength(2);
  });

  test('the list has pages that show every organization once', async () => {
    const { token } = await createMember();
    for (let count = 0; count < 4; count++)
      await call(createOrganization, { token, body: { name: `${count}` } });
    const names: string[] = [];
    for (let cursor = ''; cursor !== undefined; ) {
      const { body } = await call(listOrganizations, {
        token,
        query: { limit: '2', ...(cursor && { cursor }) },
      });
      names.push(...body.items.map(({ name }: { name: string }) => name));
      cursor = body.nextCursor;
    }
    expect(names).toEqual(['Test', '0', '1', '2', '3']);
  });
});

describe('rejects', () => {
  test.each(['', '   ', 'x'.repeat(201), 'Two\r\nBcc: everybody@example.com', 7])(
    'the name %j',
    async (name) => {
      const { token } = await createMember();
      const { status, body } = await call(createOrganization, { token, body: { name } });
      expect([status, body.errors[0].pointer]).toEqual([422, '/name']);
    },
  );
});

describe('protects', () => {
  test('a cursor belongs to one person', async () => {
    const [{ token }, other] = [await createMember(), await createMember()];
    await call(createOrganization, { token, body: { name: 'Second' } });
    const { nextCursor: cursor } = (await call(listOrganizations, { token, query: { limit: '1' } })).body;
    const { body } = await call(listOrganizations, { token: other.token, query: { cursor } });
    expect(body.code).toBe('invalid_cursor');
  });
});
