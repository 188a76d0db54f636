import { describe, expect, test } from 'vitest';
import { handler as revokeApiKey } from '#functions/api-keys/revoke-api-key.ts';
import { handler as getCurrentUser } from '#functions/auth/get-current-user.ts';
import { call } from '#test/support/call.ts';
import { createKey } from '#test/support/scenario.ts';
import { createMember, createTenant, type Member, sql } from '#test/support/tenant.ts';

const revoke = ({ token }: Member, id: string) => call(revokeApiKey, { token, params: { id } });
const use = async (headers: Record<string, string>) => (await call(getCurrentUser, { headers })).status;

describe('succeeds', () => {
  test('from the next request on, is audited, and is done once', async () => {
    const member = await createMember();
    const { id, headers } = await createKey(member);
    expect(await use(headers)).toBe(200);
    expect((await revoke(member, id)).status).toBe(204);
    expect(await use(headers)).toBe(401);
    expect((await revoke(member, id)).status).toBe(404);
    const rows = await sql`select * from audit_events where entity_id = ${id} and action = 'api_key.revoke'`;
    expect(rows).toMatchObject([{ actor_id: member.userId, changes: { revokedAt: {} } }]);
  });

  test('for the own key of a member whose role has lost the permission to make one', async () => {
    const tenant = await createTenant();
    const viewer = await tenant.addMember(['viewer']);
    const { id, headers } = await createKey(viewer, ['projects:read']);
    expect((await revoke(viewer, id)).status).toBe(204);
    expect(await use(headers)).toBe(401);
  });

  test('for any key of the organization, by who manages members', async () => {
    const tenant = await createTenant();
    const editor = await tenant.addMember(['editor']);
    for (const role of ['owner', 'admin'] as const) {
      const { id, headers } = await createKey(editor);
      expect((await revoke(await tenant.addMember([role]), id)).status).toBe(204);
      expect(await use(headers)).toBe(401);
    }
  });
});

describe('protects', () => {
  test('the keys of others from members who do not manage members, by the same 404 as no key', async () => {
    const tenant = await createTenant();
    const [editor, other] = [await tenant.addMember(['editor']), await tenant.addMember(['editor'])];
    const { id, headers } = await createKey(editor);
    const { status, body } = await revoke(other, id);
    const missing = await revoke(other, other.userId);
    expect([status, body.code]).toEqual([missing.status, missing.body.code]);
    expect(status).toBe(404);
    expect(await use(headers)).toBe(200);
  });

  test('every key from every key, also from itself', async () => {
    const { id, headers } = await createKey(await createMember());
    const { status, body } = await call(revokeApiKey, { headers, params: { id } });
    expect([status, body.code]).toEqual([403, 'forbidden']);
    expect(await use(headers)).toBe(200);
  });
});
