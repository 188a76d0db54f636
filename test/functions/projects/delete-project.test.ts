import { expect, test } from 'vitest';
import { handler as deleteProject } from '#functions/projects/delete-project.ts';
import { handler as getProject } from '#functions/projects/get-project.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { listProjects } from '#lib/projects/list-projects.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { call } from '#test/support/call.ts';
import { createMember, sql } from '#test/support/tenant.ts';

async function setUp() {
  const member = await createMember();
  const create = () =>
    createProject(member.ctx, CreateProjectInput.parse({ name: 'Doomed', slug: 'doomed' }));
  const project = await create();
  const request = { token: member.token, params: { id: project.id } };
  return { member, project, create, request };
}

test('succeeds: the project is gone from every view, its slug is free, its row and audit trail stay', async () => {
  const { member, project, create, request } = await setUp();
  const answer = await call(deleteProject, request);
  expect([answer.status, answer.text]).toEqual([204, '']);
  expect((await call(getProject, request)).body.code).toBe('gone');
  expect((await listProjects(member.ctx, { limit: 25, sort: '-createdAt' })).items).toEqual([]);
  expect((await create()).slug).toBe(project.slug);
  const [row] =
    await sql`select deleted_at is not null as deleted, version from projects where id = ${project.id}`;
  expect(row).toEqual({ deleted: true, version: 2 });
  expect(
    await sql`select 1 from audit_events where entity_id = ${project.id} and action = 'project.delete'`,
  ).toHaveLength(1);
});

test('rejects a second delete and a stale tag', async () => {
  const { request } = await setUp();
  expect((await call(deleteProject, { ...request, headers: { 'if-match': '"v2"' } })).status).toBe(412);
  expect((await call(deleteProject, { ...request, headers: { 'if-match': '"v1"' } })).status).toBe(204);
  expect((await call(deleteProject, request)).status).toBe(410);
});
