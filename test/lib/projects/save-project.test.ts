import { expect, test } from 'vitest';
import { withTransaction } from '#lib/db/transaction.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { getProject } from '#lib/projects/get-project.ts';
import { saveProject } from '#lib/projects/save-project.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { createMember } from '#test/support/tenant.ts';

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
