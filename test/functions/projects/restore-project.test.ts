import { describe, expect, test } from 'vitest';
import { handler as deleteProject } from '#functions/projects/delete-project.ts';
import { handler as getProject } from '#functions/projects/get-project.ts';
import { handler as replaceProject } from '#functions/projects/replace-project.ts';
import { handler as restoreProject } from '#functions/projects/restore-project.ts';
import { handler as updateProject } from '#functions/projects/update-project.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { deleteProject as deleteVerb } from '#lib/projects/delete-project.ts';
import { getProject as getVerb } from '#lib/projects/get-project.ts';
import { purgeDeletedProjects } from '#lib/projects/purge-deleted-projects.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { call } from '#test/support/call.ts';
import { contextOf, createMember, createTenant, sql } from '#test/support/tenant.ts';

async function setUp() {
  const tenant = await createTenant();
  const member = await tenant.addMember();
  const create = () =>
    createProject(member.ctx, CreateProjectInput.parse({ name: 'Phoenix', slug: 'phoenix' }));
  const project = await create();
  await deleteVerb(member.ctx, project.id);
  const request = { token: member.token, params: { id: project.id } };
  const deletedDaysAgo = (days: number) =>
    sql`update projects set deleted_at = now() - make_interval(secs => ${days * 86_400}) where id = ${project.id}`;
  return { tenant, member, project, create, request, deletedDaysAgo };
}

describe('succeeds', () => {
  test('the project is back as a new version, and the trail tells of it', async () => {
    const { project, request } = await setUp();
    const { status, body, headers } = await call(restoreProject, request);
    expect([status, headers.etag]).toEqual([200, '"v3"']);
    expect(body).toEqual({ ...project, version: 3, updatedAt: expect.any(String) });
    expect((await call(getProject, request)).body).toEqual(body);
    const [event] =
      await sql`select changes from audit_events where entity_id = ${project.id} and action = 'project.restore'`;
    expect(event?.changes).toMatchObject({
      deletedAt: { before: expect.any(String), after: null },
      version: { before: 2, after: 3 },
    });
  });

  test('up to 30 days after the deletion, and with the tag of the deleted version', async () => {
    const { request, deletedDaysAgo } = await setUp();
    await deletedDaysAgo(29.99);
    expect((await call(restoreProject, { ...request, headers: { 'if-match': '"v2"' } })).status).toBe(200);
  });

  test('once, when many try at the same time', async () => {
    const { request } = await setUp();
    const answers = await Promise.all(Array.from({ length: 8 }, () => call(restoreProject, request)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(409)]);
  });
});

describe('rejects', () => {
  test('a project that is not deleted with 409', async () => {
    const { member, request } = await setUp();
    const live = await createProject(member.ctx, CreateProjectInput.parse({ name: 'Live' }));
    const { status, body } = await call(restoreProject, { ...request, params: { id: live.id } });
    expect([status, body.code]).toEqual([409, 'not_deleted']);
  });

  test('a slug that was given away meanwhile with 409, and changes nothing', async () => {
    const { project, create, request } = await setUp();
    await create();
    const { status, body } = await call(restoreProject, request);
    expect([status, body.code, body.detail]).toEqual([409, 'slug_taken', 'Slug "phoenix" is already in use']);
    const [row] =
      await sql`select deleted_at is not null as deleted, version from projects where id = ${project.id}`;
    expect(row).toEqual({ deleted: true, version: 2 });
  });

  test('a stale tag with 412 and the current one', async () => {
    const { request } = await setUp();
    const answer = await call(restoreProject, { ...request, headers: { 'if-match': '"v1"' } });
    expect([answer.status, answer.headers.etag]).toEqual([412, '"v2"']);
  });

  test('after 30 days with 410, even before the purge', async () => {
    const { request, deletedDaysAgo } = await setUp();
    await deletedDaysAgo(30.01);
    const { status, body } = await call(restoreProject, request);
    expect([status, body.code]).toEqual([410, 'gone']);
  });
});

describe('protects', () => {
  test('every route by id answers 410 to the organization and 404 to others, and 404 to all after the purge', async () => {
    const { tenant, member, request, deletedDaysAgo } = await setUp();
    const [viewer, stranger] = await Promise.all([tenant.addMember(['viewer']), createMember()]);
    const replacement = { name: 'New', slug: 'new', ownerId: member.userId };
    const statusesFor = async (token: string) =>
      Promise.all([
        call(getProject, { ...request, token }),
        call(updateProject, { ...request, token, body: { name: 'New' } }),
        call(replaceProject, { ...request, token, body: replacement, headers: { 'if-match': '*' } }),
        call(deleteProject, { ...request, token }),
      ]).then((answers) => answers.map(({ status }) => status));
    expect(await statusesFor(member.token)).toEqual([410, 410, 410, 410]);
    expect((await call(getProject, { ...request, token: viewer.token })).status).toBe(410);
    expect(await statusesFor(stranger.token)).toEqual([404, 404, 404, 404]);
    await deletedDaysAgo(31);
    await purgeDeletedProjects({ ...member.ctx, actor: { type: 'system', jobId: 'test' } });
    expect(await statusesFor(member.token)).toEqual([404, 404, 404, 404]);
    expect((await call(restoreProject, request)).status).toBe(404);
  });

  test('a deleted project from those who could not see it', async () => {
    const { member, project } = await setUp();
    await expect(
      getVerb(contextOf({ ...member.actor, roles: ['operator'] }), project.id),
    ).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
