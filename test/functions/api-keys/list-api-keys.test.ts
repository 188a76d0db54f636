import { describe, expect, test } from 'vitest';
import { handler as listApiKeys } from '#functions/api-keys/list-api-keys.ts';
import { generateKey } from '#lib/api-keys/key-format.ts';
import { revokeApiKey } from '#lib/api-keys/revoke-api-key.ts';
import { call } from '#test/support/call.ts';
import type { CallOptions } from '#test/support/event.ts';
import { createKey } from '#test/support/scenario.ts';
import { createTenant, sql } from '#test/support/tenant.ts';

async function setUp() {
  const tenant = await createTenant();
  const [owner, editor] = [await tenant.addMember(), await tenant.addMember(['editor'])];
  const [theirs, own] = [await createKey(owner), await createKey(editor)];
  return { tenant, owner, editor, theirs, own };
}

async function ids(options: CallOptions): Promise<string[]> {
  const { status, body } = await call(listApiKeys, options);
  expect(status).toBe(200);
  return body.items.map(({ id }: { id: string }) => id);
}

describe('succeeds', () => {
  test('with the own keys for an editor, and all of the organization for who manages members', async () => {
    const { tenant, owner, editor, theirs, own } = await setUp();
    const admin = await tenant.addMember(['admin']);
    expect(await ids({ token: editor.token })).toEqual([own.id]);
    for (const { token } of [owner, admin]) expect(await ids({ token })).toEqual([own.id, theirs.id]);
  });

  test('without anything of a secret, and without revoked keys', async () => {
    const { owner, theirs, own } = await setUp();
    await revokeApiKey(owner.ctx, own.id);
    const { body, text } = await call(listApiKeys, { token: owner.token });
    expect(body.items).toHaveLength(1);
    expect(Object.keys(body.items[0]).sort()).toEqual([
      'createdAt',
      'expiresAt',
      'id',
      'lastUsedAt',
      'name',
      'previousExpiresAt',
      'rotatedAt',
      'scopes',
      'userId',
    ]);
    expect(text).not.toContain(theirs.key.slice(37, 80));
  });

  test('in pages that show every key once, also of the same microsecond', async () => {
    const { tenant, owner } = await setUp();
    const { organizationId } = tenant;
    await sql`update api_keys set created_at = '2026-11-21 09:00:00.123456Z' where organization_id = ${organizationId}`;
    await sql`insert into api_keys (id, organization_id, user_id, name, scopes, secret_hash, created_at)
      select gen_random_uuid(), ${organizationId}, ${owner.userId}, 'Page', '{}', '', '2026-11-21 09:00:00.123456Z'
      from generate_series(1, 7)`;
    const seen: string[] = [];
    let cursor = '';
    do {
      const query: Record<string, string> = { limit: '2', ...(cursor && { cursor }) };
      const { body } = await call(listApiKeys, { token: owner.token, query });
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.nextCursor;
    } while (cursor);
    expect([seen.length, new Set(seen).size]).toEqual([9, 9]);
  });

  test('for a key with the scope, of which those of its owner; it manages no members', async () => {
    const { owner, theirs } = await setUp();
    const { id, headers } = await createKey(owner, ['api_keys:read']);
    expect(await ids({ headers })).toEqual([id, theirs.id]);
    const manager = await createKey(owner, ['api_keys:read', 'members:manage']);
    expect(await ids({ headers: manager.headers })).toHaveLength(4);
  });
});

describe('protects', () => {
  test('the keys of other organizations, and a cursor from another view', async () => {
    const { owner, editor } = await setUp();
    const stranger = await (await createTenant()).addMember();
    expect(await ids({ token: stranger.token })).toEqual([]);
    const { body } = await call(listApiKeys, { token: owner.token, query: 'limit=1' });
    for (const { token } of [editor, stranger]) {
      const answer = await call(listApiKeys, { token, query: { limit: '1', cursor: body.nextCursor } });
      expect([answer.status, answer.body.code]).toEqual([400, 'invalid_cursor']);
    }
  });

  test('from a key that does not exist', async () => {
    const { owner } = await setUp();
    const headers = { 'x-api-key': generateKey(owner.userId).key };
    expect((await call(listApiKeys, { headers })).status).toBe(401);
  });
});
