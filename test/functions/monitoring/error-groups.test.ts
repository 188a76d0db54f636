import { expect, test } from 'vitest';
import { handler as getErrorGroup } from '#functions/monitoring/get-error-group.ts';
import { handler as listErrorGroups } from '#functions/monitoring/list-error-groups.ts';
import { handler as updateErrorGroup } from '#functions/monitoring/update-error-group.ts';
import { expireErrorGroups } from '#lib/error-groups/expire-error-groups.ts';
import { call } from '#test/support/call.ts';
import { createErrorGroup } from '#test/support/scenario.ts';
import { contextOf, createMember, sql } from '#test/support/tenant.ts';

test('succeeds: an operator lists by state, page by page, last seen first', async () => {
  const { token } = await createMember('viewer', 'operator');
  const ids = [await createErrorGroup(), await createErrorGroup(), await createErrorGroup()];
  await sql`update error_groups set state = 'ignored', last_seen_at = now() + interval '1 day' where id in ${sql(ids)}`;
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const query = { state: 'ignored', limit: '2', ...(cursor && { cursor }) };
    const { status, body } = await call(listErrorGroups, { token, query });
    expect(status).toBe(200);
    seen.push(...body.items.map(({ id }: { id: string }) => id));
    cursor = body.nextCursor;
  } while (cursor);
  expect(seen.filter((id) => ids.includes(id))).toEqual(ids.toSorted().reverse());
  expect(new Set(seen).size).toBe(seen.length);
});

test('succeeds: resolved by an operator it keeps the release it was last seen in, and the audit trail has who', async () => {
  const { token, actor } = await createMember('viewer', 'operator');
  const id = await createErrorGroup();
  const { status, body } = await call(updateErrorGroup, {
    token,
    params: { id },
    body: { state: 'resolved' },
  });
  expect([status, body.state]).toEqual([200, 'resolved']);
  const [row] = await sql`select resolved_release from error_groups where id = ${id}`;
  expect(row?.resolved_release).toBe('r1');
  const [event] = await sql`select * from audit_events where entity_id = ${id}`;
  expect(event).toMatchObject({
    action: 'error_group.update',
    actor_id: actor.userId,
    changes: { state: { before: 'open', after: 'resolved' } },
  });
  expect((await call(getErrorGroup, { token, params: { id } })).body.state).toBe('resolved');
});

test('rejects a state that is none, and a group that is none', async () => {
  const { token } = await createMember('viewer', 'operator');
  const id = await createErrorGroup();
  const params = { id };
  expect((await call(updateErrorGroup, { token, params, body: { state: 'gone' } })).status).toBe(422);
  const missing = { id: id.replace(/.{12}$/, 'ffffffffffff') };
  expect((await call(getErrorGroup, { token, params: missing })).status).toBe(404);
  const update = { token, params: missing, body: { state: 'ignored' } };
  expect((await call(updateErrorGroup, update)).status).toBe(404);
});

test('protects: the owner of an organization is no operator', async () => {
  const { token } = await createMember('owner');
  const id = await createErrorGroup();
  const answers = await Promise.all([
    call(listErrorGroups, { token }),
    call(getErrorGroup, { token, params: { id } }),
    call(updateErrorGroup, { token, params: { id }, body: { state: 'ignored' } }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
});

test('what was not seen for 90 days is removed', async () => {
  const [old, recent] = [await createErrorGroup(), await createErrorGroup()];
  await sql`update error_groups set last_seen_at = now() - interval '91 days' where id = ${old}`;
  await sql`update error_groups set last_seen_at = now() - interval '89 days' where id = ${recent}`;
  const ctx = { ...contextOf({} as never), actor: { type: 'system', jobId: 'expireErrorGroups' } } as const;
  expect((await expireErrorGroups(ctx)).removed).toBeGreaterThanOrEqual(1);
  const left = await sql`select id from error_groups where id in ${sql([old, recent])}`;
  expect(left.map(({ id }) => id)).toEqual([recent]);
});
