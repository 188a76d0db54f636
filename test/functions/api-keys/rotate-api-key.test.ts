import { describe, expect, test } from 'vitest';
import { handler as rotateApiKey } from '#functions/api-keys/rotate-api-key.ts';
import { handler as getCurrentUser } from '#functions/auth/get-current-user.ts';
import { parseKey } from '#lib/api-keys/key-format.ts';
import { revokeApiKey } from '#lib/api-keys/revoke-api-key.ts';
import { call } from '#test/support/call.ts';
import { createKey } from '#test/support/scenario.ts';
import { createMember, createTenant, type Member, sql } from '#test/support/tenant.ts';

const rotate = ({ token }: Member, id: string, body: object = {}) =>
  call(rotateApiKey, { token, params: { id }, body });
const use = async (key: string) => (await call(getCurrentUser, { headers: { 'x-api-key': key } })).status;

describe('succeeds', () => {
  test('with a new secret; the old one works for an hour more', async () => {
    const member = await createMember();
    const { id, key } = await createKey(member);
    const { status, body } = await rotate(member, id);
    expect([status, body.id]).toEqual([200, id]);
    expect(Date.parse(body.previousExpiresAt) - Date.parse(body.rotatedAt)).toBe(3_600_000);
    expect([await use(key), await use(body.key)]).toEqual([200, 200]);
    await sql`update api_keys set previous_expires_at = now() - interval '1 second' where id = ${id}`;
    expect([await use(key), await use(body.key)]).toEqual([401, 200]);
    const [audit] =
      await sql`select * from audit_events where entity_id = ${id} and action = 'api_key.rotate'`;
    expect(Object.keys(audit?.changes)).toEqual(['rotatedAt', 'previousExpiresAt']);
    for (const text of [key, body.key])
      expect(JSON.stringify(audit)).not.toContain(parseKey(text)?.secretHash);
  });

  test('at once when no overlap is wanted', async () => {
    const member = await createMember();
    const { id, key } = await createKey(member);
    await rotate(member, id);
    const { body } = await rotate(member, id, { overlapSeconds: 0 });
    expect(body.previousExpiresAt).toBeNull();
    expect([await use(key), await use(body.key)]).toEqual([401, 200]);
    const [row] = await sql`select previous_secret_hash from api_keys where id = ${id}`;
    expect(row?.previous_secret_hash).toBeNull();
  });

  test('twice at the same moment: the last key works, and one of the two before it', async () => {
    const member = await createMember();
    const { id, key } = await createKey(member);
    const answers = await Promise.all([rotate(member, id), rotate(member, id)]);
    const working = await Promise.all(answers.map(({ body }) => use(body.key)));
    expect(working).toEqual([200, 200]);
    expect(await use(key)).toBe(401);
  });
});

describe('rejects', () => {
  test.each([-1, 604_801, 1.5, '60', null])('an overlap of %j seconds', async (overlapSeconds) => {
    const member = await createMember();
    const { id } = await createKey(member);
    const { status, body } = await rotate(member, id, { overlapSeconds });
    expect([status, body.errors[0].pointer]).toEqual([422, '/overlapSeconds']);
  });

  test('a key that has expired, which keeps its secret', async () => {
    const member = await createMember();
    const { id } = await createKey(member);
    await sql`update api_keys set expires_at = now() - interval '1 second' where id = ${id}`;
    const [before] = await sql`select * from api_keys where id = ${id}`;
    const { status, body } = await rotate(member, id);
    expect([status, body.code]).toEqual([409, 'api_key_expired']);
    expect(await sql`select * from api_keys where id = ${id}`).toEqual([before]);
  });

  test('a key that is revoked, as if it were not there', async () => {
    const member = await createMember();
    const { id } = await createKey(member);
    await revokeApiKey(member.ctx, id);
    expect((await rotate(member, id)).body.code).toBe('not_found');
  });
});

describe('protects', () => {
  test('the name of a member from every other, whatever their role', async () => {
    const tenant = await createTenant();
    const [editor, owner] = [await tenant.addMember(['editor']), await tenant.addMember()];
    const { id, key } = await createKey(editor);
    const { status, body } = await rotate(owner, id);
    expect([status, body.code]).toEqual([404, 'not_found']);
    expect(await use(key)).toBe(200);
  });
});
