import { describe, expect, test } from 'vitest';
import { authenticateApiKey } from '#lib/api-keys/authenticate-api-key.ts';
import { createApiKey } from '#lib/api-keys/create-api-key.ts';
import { generateKey, parseKey } from '#lib/api-keys/key-format.ts';
import { revokeApiKey } from '#lib/api-keys/revoke-api-key.ts';
import { rotateApiKey } from '#lib/api-keys/rotate-api-key.ts';
import { isAllowed } from '#lib/auth/permissions.ts';
import { countStatements } from '#test/support/count-statements.ts';
import { createKey } from '#test/support/scenario.ts';
import { createMember, sql } from '#test/support/tenant.ts';

const start = new Date('2026-11-21T09:00:00Z');
const later = (seconds: number) => new Date(start.getTime() + seconds * 1000);

function authenticate(key: string, now = start) {
  const credential = parseKey(key);
  if (!credential) throw new Error('not well-formed');
  return authenticateApiKey(credential, now);
}

const refusal = {
  code: 'unauthenticated',
  message: 'The API key is not valid: unknown, expired or revoked',
};

async function lastUsedAt(id: string): Promise<Date | null> {
  const [row] = await sql`select last_used_at from api_keys where id = ${id}`;
  return row?.last_used_at;
}

describe('succeeds', () => {
  test('as its owner, with its scopes', async () => {
    const member = await createMember('editor', 'operator');
    const { id, key } = await createKey(member, ['projects:read']);
    expect(await authenticate(key)).toEqual({
      type: 'api_key',
      keyId: id,
      userId: member.userId,
      organizationId: member.actor.organizationId,
      roles: ['editor', 'operator'],
      scopes: ['projects:read'],
    });
  });

  test('until it expires', async () => {
    const { ctx } = await createMember();
    const { key } = await createApiKey(
      { ...ctx, now: start },
      { name: 'Short', scopes: ['projects:read'], expiresAt: later(60).toISOString() },
    );
    expect((await authenticate(key, later(59))).type).toBe('api_key');
    await expect(authenticate(key, later(60))).rejects.toMatchObject(refusal);
  });

  test('with the secret before the last rotation until the overlap ends, and not with the one before that', async () => {
    const member = await createMember();
    const { id, key: first } = await createKey(member);
    const ctx = { ...member.ctx, now: start };
    const { key: second } = await rotateApiKey(ctx, id, { overlapSeconds: 3600 });
    expect((await authenticate(first, later(3599))).keyId).toBe(id);
    expect((await authenticate(second, later(3599))).keyId).toBe(id);
    await expect(authenticate(first, later(3600))).rejects.toMatchObject(refusal);
    expect((await authenticate(second, later(3600))).keyId).toBe(id);
    const { key: third } = await rotateApiKey(ctx, id, { overlapSeconds: 10 });
    await expect(authenticate(first, later(1))).rejects.toMatchObject(refusal);
    for (const key of [second, third]) expect((await authenticate(key, later(1))).keyId).toBe(id);
  });

  test('notes its use at most once a minute, and in the one statement', async () => {
    const { id, key } = await createKey(await createMember());
    const before = await countStatements();
    await authenticate(key, start);
    expect((await countStatements()) - before).toBe(1);
    expect(await lastUsedAt(id)).toEqual(start);
    const versionOf = async () => (await sql`select xmin from api_keys where id = ${id}`)[0]?.xmin;
    const version = await versionOf();
    for (const seconds of [0, 1, 30, 59]) await authenticate(key, later(seconds));
    expect(await versionOf()).toBe(version);
    await authenticate(key, later(60));
    expect(await lastUsedAt(id)).toEqual(later(60));
  });

  test('of twenty requests at once, one notes the use', async () => {
    const { id, key } = await createKey(await createMember());
    await sql`create table key_updates (id uuid)`;
    await sql.unsafe(`create function count_update() returns trigger language plpgsql as
      'begin insert into key_updates values (new.id); return new; end'`);
    await sql`create trigger count_update after update on api_keys for each row execute function count_update()`;
    const burst = (now: Date) => Promise.all(Array.from({ length: 20 }, () => authenticate(key, now)));
    await burst(start);
    await burst(later(59));
    await burst(later(61));
    const [row] = await sql`select count(*)::int as count from key_updates where id = ${id}`;
    await sql`drop function count_update cascade`;
    await sql`drop table key_updates`;
    expect(row?.count).toBe(2);
  });
});

describe('protects', () => {
  test('against another secret for a key that exists, of which nothing is noted', async () => {
    const { id, key } = await createKey(await createMember());
    await expect(authenticate(generateKey(id).key)).rejects.toMatchObject(refusal);
    expect(await lastUsedAt(id)).toBeNull();
    await authenticate(key);
  });

  test('against a key that was revoked, at once', async () => {
    const member = await createMember();
    const { id, key } = await createKey(member);
    const { key: second } = await rotateApiKey(member.ctx, id, { overlapSeconds: 3600 });
    await authenticate(key, member.ctx.now);
    await revokeApiKey(member.ctx, id);
    for (const revoked of [key, second])
      await expect(authenticate(revoked, member.ctx.now)).rejects.toMatchObject(refusal);
  });

  test('against a key whose owner has left the organization', async () => {
    const { userId, actor, ...member } = await createMember();
    const { key } = await createKey({ userId, actor, ...member });
    await authenticate(key);
    await sql`delete from memberships where user_id = ${userId} and organization_id = ${actor.organizationId}`;
    await expect(authenticate(key)).rejects.toMatchObject(refusal);
  });

  test('by the role its owner has now', async () => {
    const member = await createMember('owner');
    const { key } = await createKey(member);
    expect(isAllowed(await authenticate(key), 'projects:delete')).toBe(true);
    await sql`update memberships set role = 'viewer' where user_id = ${member.userId}`;
    const demoted = await authenticate(key);
    expect([isAllowed(demoted, 'projects:delete'), isAllowed(demoted, 'projects:read')]).toEqual([
      false,
      true,
    ]);
  });
});
