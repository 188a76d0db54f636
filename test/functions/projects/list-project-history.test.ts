import { expect, test } from 'vitest';
import { handler as listProjectHistory } from '#functions/projects/list-project-history.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { deleteProject } from '#lib/projects/delete-project.ts';
import { restoreProject } from '#lib/projects/restore-project.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { updateProject } from '#lib/projects/update-project.ts';
import { call } from '#test/support/call.ts';
import { createMember, createTenant, sql } from '#test/support/tenant.ts';

async function setUp() {
  const tenant = await createTenant();
  const [owner, viewer] = await Promise.all([tenant.addMember(), tenant.addMember(['viewer'])]);
  const create = (name: string) => createProject(owner.ctx, CreateProjectInput.parse({ name }));
  const [project] = await Promise.all([create('Watched'), create('Other')]);
  const read = (query: Record<string, string> = {}, token = viewer.token) =>
    call(listProjectHistory, { token, params: { id: project.id }, query });
  return { owner, project, read };
}

test('succeeds: viewers page through the whole life of one project, newest first', async () => {
  const { owner, project, read } = await setUp();
  await updateProject(owner.ctx, project.id, { name: 'Renamed' });
  await deleteProject(owner.ctx, project.id);
  await restoreProject(owner.ctx, project.id);
  const first = await read({ limit: '3' });
  const rest = await read({ limit: '3', cursor: first.body.nextCursor });
  expect(rest.body.nextCursor).toBeUndefined();
  const events = [...first.body.items, ...rest.body.items];
  expect(events.map(({ action }) => action)).toEqual([
    'project.restore',
    'project.delete',
    'project.update',
    'project.create',
  ]);
  expect(events[2]).toMatchObject({
    actorId: owner.userId,
    entityId: project.id,
    changes: { name: { before: 'Watched', after: 'Renamed' } },
  });
  expect(events[2]).not.toHaveProperty('organizationId');
});

test('succeeds for a deleted project, until it is purged', async () => {
  const { owner, project, read } = await setUp();
  await deleteProject(owner.ctx, project.id);
  expect((await read()).body.items).toHaveLength(2);
  await sql`delete from projects where id = ${project.id}`;
  expect((await read()).status).toBe(404);
});

test('rejects filters that belong to the audit of the organization', async () => {
  const { read } = await setUp();
  expect((await read({ actorId: 'x' })).body.code).toBe('unknown_parameter');
});

test('protects: other organizations get the 404 of a missing project', async () => {
  const { read } = await setUp();
  const { token } = await createMember();
  expect((await read({}, token)).status).toBe(404);
});
