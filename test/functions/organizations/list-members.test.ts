import { expect, test } from 'vitest';
import { handler as listMembers } from '#functions/organizations/list-members.ts';
import { call } from '#test/support/call.ts';
import { createTenant } from '#test/support/tenant.ts';

test('succeeds: pages show every member once, with role and address', async () => {
  const tenant = await createTenant();
  const [owner, admin, viewer] = [
    await tenant.addMember(),
    await tenant.addMember(['admin']),
    await tenant.addMember(['viewer']),
  ];
  await (await createTenant()).addMember();
  const list = (query: Record<string, string>) =>
    call(listMembers, { token: viewer.token, params: { id: tenant.organizationId }, query });
  const first = await list({ limit: '2' });
  expect(first.body.items).toEqual(
    [owner, admin].map(({ userId, email, actor }) => ({
      userId,
      email,
      name: 'Test',
      role: actor.roles[0],
      createdAt: expect.any(String),
    })),
  );
  expect(first.headers.link).toContain('rel="next"');
  const second = await list({ limit: '2', cursor: first.body.nextCursor });
  expect(second.body).toMatchObject({ items: [{ userId: viewer.userId }] });
  expect(second.body.nextCursor).toBeUndefined();
});

test('protects: the members of the others, also by a cursor of theirs', async () => {
  const tenant = await createTenant();
  const owner = await tenant.addMember();
  await tenant.addMember();
  const stranger = await (await createTenant()).addMember();
  const request = { params: { id: tenant.organizationId }, query: { limit: '1' } };
  const { nextCursor: cursor } = (await call(listMembers, { ...request, token: owner.token })).body;
  expect((await call(listMembers, { ...request, token: stranger.token })).status).toBe(404);
  const theirs = { token: stranger.token, params: { id: stranger.actor.organizationId }, query: { cursor } };
  expect((await call(listMembers, theirs)).body.code).toBe('invalid_cursor');
});
