import { describe, expect, test } from 'vitest';
import { handler as listAuditEvents } from '#functions/audit/list-audit-events.ts';
import { handler as refreshSession } from '#functions/auth/refresh-session.ts';
import { handler as listInvitations } from '#functions/organizations/list-invitations.ts';
import { handler as updateMember } from '#functions/organizations/update-member.ts';
import { handler as createProject } from '#functions/projects/create-project.ts';
import type { Role } from '#lib/auth/permissions.ts';
import { createInvitation } from '#lib/organizations/create-invitation.ts';
import { updateMember as update } from '#lib/organizations/update-member.ts';
import { call } from '#test/support/call.ts';
import { logIn } from '#test/support/scenario.ts';
import { createTenant, type Member, sql } from '#test/support/tenant.ts';

const change = ({ token, actor }: Member, { userId }: { userId: string }, role: Role) =>
  call(updateMember, { token, params: { id: actor.organizationId, userId }, body: { role } });

const owners = ({ actor }: Member) =>
  sql`select user_id from memberships where organization_id = ${actor.organizationId} and role = 'owner'`;

async function setUp() {
  const tenant = await createTenant();
  const [owner, admin, editor] = [
    await tenant.addMember(),
    await tenant.addMember(['admin']),
    await tenant.addMember(['editor']),
  ];
  return { tenant, owner, admin, editor };
}

describe('succeeds', () => {
  test('with the new role in the answer and in the audit trail', async () => {
    const { admin, editor } = await setUp();
    const { status, body } = await change(admin, editor, 'viewer');
    expect(status).toBe(200);
    expect(body).toEqual({
      userId: editor.userId,
      email: editor.email,
      name: 'Test',
      role: 'viewer',
      createdAt: expect.any(String),
    });
    const { items } = (await call(listAuditEvents, { token: admin.token })).body;
    expect(items[0]).toMatchObject({
      action: 'member.update',
      entityId: editor.userId,
      actorId: admin.userId,
      changes: { role: { before: 'editor', after: 'viewer' } },
    });
  });

  test('at once: the token of before is refused, a refresh gives one with the new role', async () => {
    const { owner, editor } = await setUp();
    const tokens = await logIn(editor);
    const create = (token: string) => call(createProject, { token, body: { name: 'By an editor' } });
    expect((await create(tokens.accessToken)).status).toBe(201);
    await change(owner, editor, 'viewer');
    expect((await create(tokens.accessToken)).status).toBe(401);
    expect((await create(editor.token)).status).toBe(401);
    const refreshed = await call(refreshSession, { body: { refreshToken: tokens.refreshToken } });
    expect((await create(refreshed.body.accessToken)).status).toBe(403);
  });

  test('of an owner: another owner makes and unmakes him, and he himself steps down', async () => {
    const { owner, admin } = await setUp();
    expect((await change(owner, admin, 'owner')).status).toBe(200);
    expect((await change(owner, owner, 'viewer')).status).toBe(200);
    expect(await owners(owner)).toEqual([{ user_id: admin.userId }]);
  });

  test('again: neither the tokens nor the audit trail change', async () => {
    const { owner, editor } = await setUp();
    await change(owner, editor, 'viewer');
    const { accessToken } = await logIn(editor);
    await change(owner, editor, 'viewer');
    expect((await call(createProject, { token: accessToken, body: { name: 'x' } })).status).toBe(403);
    expect(
      await sql`select 1 from audit_events where entity_id = ${editor.userId} and action = 'member.update'`,
    ).toHaveLength(1);
  });
});

describe('rejects', () => {
  test('the last owner, and a role that does not exist', async () => {
    const { owner, editor } = await setUp();
    const { status, body } = await change(owner, owner, 'admin');
    expect([status, body.code]).toEqual([409, 'last_owner']);
    for (const role of ['operator', 'root'] as Role[])
      expect((await change(owner, editor, role)).status).toBe(422);
  });
});

describe('protects', () => {
  test('owners: an admin neither makes, nor unmakes, nor becomes one', async () => {
    const { tenant, owner, admin, editor } = await setUp();
    const second = await tenant.addMember();
    for (const [member, role] of [
      [editor, 'owner'],
      [second, 'viewer'],
      [owner, 'admin'],
      [admin, 'owner'],
    ] as const)
      expect((await change(admin, member, role)).status).toBe(403);
    expect(await owners(owner)).toHaveLength(2);
  });

  test('by the role of now, not of the token', async () => {
    const { tenant, owner, admin, editor } = await setUp();
    const second = await tenant.addMember();
    await change(owner, second, 'editor');
    await change(owner, admin, 'viewer');
    const params = { id: tenant.organizationId, userId: editor.userId };
    // As if their requests had passed the gate a moment before.
    for (const { ctx } of [second, admin])
      await expect(update(ctx, params, { role: 'viewer' })).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('from who had the right to invite: his open invitations go with it', async () => {
    const { tenant, owner, admin } = await setUp();
    const second = await tenant.addMember();
    const invite = (member: Member, email: string, role: 'owner' | 'viewer') =>
      createInvitation(member.ctx, tenant.organizationId, { email, role });
    await invite(admin, 'a@example.com', 'viewer');
    await invite(second, 'b@example.com', 'owner');
    await invite(second, 'c@example.com', 'viewer');
    await change(owner, admin, 'editor');
    await change(owner, second, 'admin');
    const { body } = await call(listInvitations, {
      token: owner.token,
      params: { id: tenant.organizationId },
    });
    expect(body.items.map(({ email }: { email: string }) => email)).toEqual(['c@example.com']);
  });

  test('two owners who step down at the same time: one of them stays', { repeats: 4 }, async () => {
    const tenant = await createTenant();
    const [a, b] = [await tenant.addMember(), await tenant.addMember()];
    const answers = await Promise.all([change(a, a, 'viewer'), change(b, b, 'viewer')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await owners(a)).toHaveLength(1);
  });
});
