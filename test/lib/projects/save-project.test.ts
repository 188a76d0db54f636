import { expect, test } from 'vitest';
import { withTransaction } from '#lib/db/transaction.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { getProject } from '#lib/projects/get-project.ts';
import { saveProject } from '#lib/projects/save-project.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { createMember } from '#test/support/tenant.ts';

test('a caller that did not lock the project still cannot overwrite another change', async () => {
  const { ctx } = await createMember();
  const project = await createProject(ctx, CreateProjectInput.parse({ name: 'First' }));
  const save = (name: string) => withTransaction(ctx, (tx) => saveProject(tx, ctx, project, { name }));
  const results = await Promise.allSettled([save('A'), save('B'), save('C')]);
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused.map(({ reason }) => reason.code)).toEqual(['precondition_failed', 'precondition_failed']);
  expect(await getProject(ctx, project.id)).toMatchObject({ version: 2 });
});
