import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { handler as purgeDeletedProjects } from '#functions/jobs/purge-deleted-projects.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { lambdaContext } from '#test/support/event.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { createMember, sql } from '#test/support/tenant.ts';

const event = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../events/jobs/purge-deleted-projects.json'), 'utf8'),
);

test('removes what was deleted more than 30 days before the slot of the event, and nothing else', async () => {
  const { ctx, actor } = await createMember();
  const slot = new Date(event.time).getTime();
  const ages: Record<string, number | null> = { live: null, fresh: 29.9, old: 30.1, ancient: 400 };
  for (const [name, ageDays] of Object.entries(ages)) {
    const { id } = await createProject(ctx, CreateProjectInput.parse({ name }));
    const deletedAt = ageDays === null ? null : new Date(slot - ageDays * 86_400_000);
    await sql`update projects set deleted_at = ${deletedAt} where id = ${id}`;
  }
  const left = () =>
    sql`select name from projects where organization_id = ${actor.organizationId} order by name`;
  await expect(purgeDeletedProjects(event, lambdaContext(60_000))).resolves.toEqual({
    purged: expect.any(Number),
  });
  expect((await left()).map(({ name }) => name)).toEqual(['fresh', 'live']);
  await purgeDeletedProjects(event, lambdaContext(60_000));
  expect(await left()).toHaveLength(2);
});

test('takes as many batches as it needs', async () => {
  const { actor } = await createMember();
  await sql`insert into projects (id, organization_id, owner_id, name, slug, description, status, tags, metadata, deleted_at)
    select gen_random_uuid(), ${actor.organizationId}, ${actor.userId}, 'x', 's', '', 'active', '{}', '{}', '2020-01-01'
    from generate_series(1, 1201)`;
  await purgeDeletedProjects(event, lambdaContext(60_000));
  expect(await sql`select 1 from projects where organization_id = ${actor.organizationId}`).toHaveLength(0);
});

test('refuses an event without a time, and logs the failure', async () => {
  await expect(purgeDeletedProjects({ ...event, time: undefined }, lambdaContext())).rejects.toThrow();
  expect(takeErrorLogs()).toHaveLength(1);
});
