import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { handler as getCurrentUser } from '#functions/auth/get-current-user.ts';
import { handler as refreshSession } from '#functions/auth/refresh-session.ts';
import { handler as removeMember } from '#functions/organizations/remove-member.ts';
import { handler as getProject } from '#functions/projects/get-project.ts';
import { handler as listProjectHistory } from '#functions/projects/list-project-history.ts';
import { createInvitation } from '#lib/organizations/create-invitation.ts';
import { removeMember as remove } from '#lib/organizations/remove-member.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { deleteProject } from '#lib/projects/delete-project.ts';
import { restoreProject } from '#lib/projects/restore-project.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { getRedis } from '#lib/redis/client.ts';
import { RedisAway } from '#lib/redis/rest-requester.ts';
import { call } from '#test/support/call.ts';
import { logIn } from '#test/support/scenario.ts';
import { createTenant, type Member, sql } from '#test/support/tenant.ts';

const end = ({ token, actor }: Member, { userId }: { userId: string }, query: Record<string, string> = {}) =>
  call(removeMember, { token, params: { id: actor.organizationId, userId }, query });

const membersOf = async ({ actor }: Member) => {
  const rows = await sql`
    select user_id from memberships where organization_id = ${actor.organizationId} order by user_id`;
  return rows.map((row) => row.user_id);
};

const create = ({ ctx }: Member, name: string) => createProject(ctx, CreateProjectInput.parse({ name }));

async function setUp() {
  const tenant = await createTenant();
  const [owner, admin, editor, viewer] = [
    await tenant.addMember(),
    await tenant.addMember(['admin']),
    await tenant.addMember(['editor']),
    await tenant.addMember(['viewer']),
  ];
  return { tenant, owner, admin, editor, viewer };
}

describe('succeeds', () => {
  test('at once: every token of the removed member is 401 on the next request, and no refresh helps', async () => {
    const { admin, editor } = await setUp();
    const { accessToken, refreshToken } = await logIn(editor);
    expect((await call(getCurrentUser, { token: accessToken })).status).toBe(200);
    expect((await end(admin, editor)).status).toBe(204);
    for (const token of [editor.token, accessToken])
      expect((await call(getCurrentUser, { token })).status).toBe(401);
    expect((await call(refreshSession, { body: { refreshToken } })).status).toBe(401);
    expect(await membersOf(admin)).not.toContain(editor.userId);
  });

  test('his sessions in other organizations live on', async () => {
    const { admin, editor } = await setUp();
    const other = (await createTenant()).organizationId;
    await sql`insert into memberships (organization_id, user_id, role) values (${other}, ${editor.userId}, 'viewer')`;
    const { accessToken } = await logIn({ ...editor, actor: { ...editor.actor, organizationId: other } });
    await end(admin, editor);
    expect((await call(getCurrentUser, { token: accessToken })).body.organization.id).toBe(other);
  });

  test('the one who removes gets the projects, deleted ones too, with a line in their history', async () => {
    const { admin, editor } = await setUp();
    const [live, deleted] = [await create(editor, 'Live'), await create(editor, 'Deleted')];
    await deleteProject(editor.ctx, deleted.id);
    await end(admin, editor);
    const request = { token: admin.token, params: { id: live.id } };
    expect((await call(getProject, request)).body).toMatchObject({ ownerId: admin.userId, version: 2 });
    expect((await restoreProject(admin.ctx, deleted.id)).ownerId).toBe(admin.userId);
    expect((await call(listProjectHistory, request)).body.items[0]).toMatchObject({
      action: 'project.update',
      actorId: admin.userId,
      changes: { ownerId: { before: editor.userId, after: admin.userId } },
    });
  });

  test('or the member that projectsTo names, and when somebody leaves the oldest owner', async () => {
    const { tenant, owner, admin, editor, viewer } = await setUp();
    const second = await tenant.addMember();
    await sql`update memberships set created_at = now() - interval '1 day' where user_id = ${second.userId}`;
    const [first, last] = [await create(editor, 'First'), await create(admin, 'Last')];
    expect((await end(owner, editor, { projectsTo: viewer.userId })).status).toBe(204);
    expect((await end(admin, admin)).status).toBe(204);
    const rows =
      await sql`select id, owner_id from projects where id in ${sql([first.id, last.id])} order by id`;
    expect(rows.map((row) => row.owner_id)).toEqual([viewer.userId, second.userId]);
  });

  test('for a viewer and for an owner who leave, with an audit event', async () => {
    const { tenant, owner, viewer } = await setUp();
    const second = await tenant.addMember();
    expect((await end(viewer, viewer)).status).toBe(204);
    expect((await end(owner, { userId: owner.userId.toUpperCase() })).status).toBe(204);
    const events = await sql`
      select actor_id, action, changes from audit_events where entity_id = ${owner.userId}`;
    expect(events).toEqual([
      {
        actor_id: owner.userId,
        action: 'member.leave',
        changes: { role: { before: 'owner' }, projectsTo: { after: second.userId } },
      },
    ]);
  });
});

describe('rejects', () => {
  test('the last owner, who neither leaves nor is removed', async () => {
    const { owner, admin } = await setUp();
    expect((await end(owner, owner)).body.code).toBe('last_owner');
    expect((await end(admin, owner)).body.code).toBe('forbidden');
    expect(await membersOf(owner)).toContain(owner.userId);
  });

  test('projects for nobody: a stranger, or the one who goes', async () => {
    const { owner, editor } = await setUp();
    const stranger = await (await createTenant()).addMember();
    for (const { userId } of [stranger, editor]) {
      const { status, body } = await end(owner, editor, { projectsTo: userId });
      expect([status, body.errors[0].pointer]).toEqual([422, '/projectsTo']);
    }
    expect(await membersOf(owner)).toContain(editor.userId);
  });

  test('a second removal', async () => {
    const { owner, editor } = await setUp();
    expect((await end(owner, editor)).status).toBe(204);
    expect((await end(owner, editor)).status).toBe(404);
  });
});

describe('protects', () => {
  test('members from those who may not manage them, and owners from admins', async () => {
    const { tenant, owner, admin, editor, viewer } = await setUp();
    await tenant.addMember();
    expect((await end(editor, viewer)).status).toBe(403);
    expect((await end(viewer, { userId: tenant.organizationId })).status).toBe(403);
    expect((await end(admin, owner)).status).toBe(403);
    expect(await membersOf(owner)).toHaveLength(5);
  });

  test('from coming back by an invitation of his own', async () => {
    const { tenant, owner, admin } = await setUp();
    await createInvitation(admin.ctx, tenant.organizationId, { email: 'me-again@example.com' });
    await end(owner, admin);
    const [invitation] = await sql`
      select revoked_at is not null as revoked from invitations where organization_id = ${tenant.organizationId}`;
    expect(invitation).toEqual({ revoked: true });
  });

  test('when Redis is away nothing is done: the same request made again removes him', async () => {
    const { owner, editor } = await setUp();
    const params = { id: owner.actor.organizationId, userId: editor.userId };
    const away = vi.spyOn(getRedis(), 'evalsha').mockRejectedValue(new RedisAway('refused'));
    onTestFinished(() => away.mockRestore());
    await expect(remove(owner.ctx, params, {})).rejects.toMatchObject({ code: 'unavailable' });
    away.mockRestore();
    expect(await membersOf(owner)).toContain(editor.userId);
    await remove(owner.ctx, params, {});
    expect((await call(getCurrentUser, { token: editor.token })).status).toBe(401);
  });

  test('two owners who leave at the same time: exactly one succeeds', { repeats: 4 }, async () => {
    const tenant = await createTenant();
    const [a, b] = [await tenant.addMember(), await tenant.addMember()];
    const answers = await Promise.all([end(a, a), end(b, b)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    expect(await membersOf(a)).toHaveLength(1);
  });

  test('a project created while its owner is removed is refused or passed on', { repeats: 4 }, async () => {
    const { owner, editor } = await setUp();
    const [created, removed] = await Promise.allSettled([create(editor, 'Late'), end(owner, editor)]);
    expect(removed).toMatchObject({ value: { status: 204 } });
    const rows = await sql`
        select owner_id from projects where organization_id = ${owner.actor.organizationId}`;
    if (created.status === 'fulfilled') expect(rows).toEqual([{ owner_id: owner.userId }]);
    else expect([created.reason.code, rows]).toEqual(['unauthenticated', []]);
  });
});
