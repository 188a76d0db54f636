import { expect, test } from 'vitest';
import { handler as purgeDeletedProjects } from '#functions/jobs/purge-deleted-projects.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { runJob } from '#test/support/run-job.ts';
import { createMember, sql } from '#test/support/tenant.ts';

test('removes what was deleted more than 30 days ago, and nothing else', async () => {
  const { ctx, actor } = await createMember();
  const slot = Date.now();
  const ages: Record<string, number | null> = { live: null, fresh: 29.9, old: 30.1, ancient: 400 };
  for (const [name, ageDays] of Object.entries(ages)) {
    const { id } = await createProject(ctx, CreateProjectInput.parse({ name }));
    const deletedAt = ageDays === null ? null : new Date(slot - ageDays * 86_400_000);
    await sql`update projects set deleted_at = ${deletedAt} where id = ${id}`;
  }
  const left = () =>
    sql`select name from projects where organization_id = ${actor.organizationId} order by name`;
  await expect(runJob(purgeDeletedProjects, new Date(slot))).resolves.toMatchObject({
    outcome: 'succeeded',
    purged: expect.any(Number),
  });
  expect((await left()).map(({ name }) => name)).toEqual(['fresh', 'live']);
  await runJob(purgeDeletedProjects);
  expect(await left()).toHaveLength(2);
});

test('takes as many batches as it needs', async () => {
  const { actor } = await createMember();
  await sql`insert into projects (id, organization_id, owner_id, name, slug, description, status, tags, metadata, deleted_at)
    select gen_random_uuid(), ${actor.organizationId}, ${actor.userId}, 'x', 's', '', 'active', '{}', '{}', '2020-01-01'
    from generate_series(1, 1201)`;
  await runJob(purgeDeletedProjects);
  expect(await sql`select 1 from projects where organization_id = ${actor.organizationId}`).toHaveLength(0);
});
