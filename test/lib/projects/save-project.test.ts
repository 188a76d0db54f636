import { expect, test } from 'vitest';
import type { Transaction } from '#lib/db/client.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { deleteProject } from '#lib/projects/delete-project.ts';
import { getProject } from '#lib/projects/get-project.ts';
import { listProjectHistory } from '#lib/projects/list-project-history.ts';
import { reassignProjects } from '#lib/projects/reassign-projects.ts';
import { saveProject } from '#lib/projects/save-project.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { updateProject } from '#lib/projects/update-project.ts';
import { createMember, createTenant, sql } from '#test/support/tenant.ts';

test('a caller that did not lock the project cannot overwrite another change, and learns the current version', async () => {
  const { ctx } = await createMember();
  const project = await createProject(ctx, CreateProjectInput.parse({ name: 'First' }));
  const save = (name: string) => withTransaction(ctx, (tx) => saveProject(tx, ctx, project, { name }));
  const results = await Promise.allSettled([save('A'), save('B'), save('C')]);
  const refused = results.filter((result) => result.status === 'rejected');
  const stale = { code: 'precondition_failed', options: { currentVersion: 2 } };
  expect(refused.map(({ reason }) => reason)).toMatchObject([stale, stale]);
  expect(await getProject(ctx, project.id)).toMatchObject({ version: 2 });
});

test('changes have the order of their versions, also one whose transaction began before the change ahead of it', async () => {
  const tenant = await createTenant();
  const [{ ctx, userId }, heir] = [await tenant.addMember(), await tenant.addMember()];
  const { id } = await createProject(ctx, CreateProjectInput.parse({ name: 'First' }));
  const seen = [await getProject(ctx, id)];
  const overtaken = [
    (tx: Transaction) => updateProject({ ...ctx, db: tx }, id, { name: 'Overtaken' }),
    (tx: Transaction) => reassignProjects(tx, ctx, { from: userId, to: heir.userId }),
  ];
  for (const change of overtaken) {
    await withTransaction(ctx, async (tx) => {
      await tx.execute('select 1');
      seen.push(await updateProject(ctx, id, { name: `Ahead ${seen.length}` }));
      await change(tx);
    });
    seen.push(await getProject(ctx, id));
  }
  expect(seen.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
  // Without the Z, which text without trailing zeros would be sorted by.
  const instants = seen.map(({ updatedAt }) => updatedAt.slice(0, -1));
  expect(instants).toEqual([...new Set(instants)].sort());
  const { items } = await listProjectHistory(ctx, id, { limit: 10 });
  expect(items.map(({ changes }) => changes.version?.after)).toEqual([5, 4, 3, 2, 1]);
});

test('a change is later than the one before, also when the clock of the database was set back', async () => {
  const { ctx } = await createMember();
  const { id } = await createProject(ctx, CreateProjectInput.parse({ name: 'First' }));
  await sql`update projects set updated_at = '2090-01-01T00:00:00Z' where id = ${id}`;
  expect(await updateProject(ctx, id, { name: 'Second' })).toMatchObject({
    updatedAt: '2090-01-01T00:00:00.000001Z',
  });
  await deleteProject(ctx, id);
  expect(
    await sql`select deleted_at = updated_at and version = 3 as as_one from projects where id = ${id}`,
  ).toEqual([{ as_one: true }]);
});
