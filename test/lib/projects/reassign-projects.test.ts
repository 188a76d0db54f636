import { expect, test } from 'vitest';
import { withTransaction } from '#lib/db/transaction.ts';
import { getProjectStats } from '#lib/projects/get-project-stats.ts';
import { reassignProjects } from '#lib/projects/reassign-projects.ts';
import { createTenant, sql } from '#test/support/tenant.ts';

test('all projects move, in batches, each with its audit event; those of others stay', async () => {
  const tenant = await createTenant();
  const [from, to, other] = [await tenant.addMember(), await tenant.addMember(), await tenant.addMember()];
  const insert = (ownerId: string, count: number) => sql`
    insert into projects (id, organization_id, owner_id, name, slug, description, status, tags, metadata, deleted_at)
    select gen_random_uuid(), ${tenant.organizationId}, ${ownerId}, 'P', gen_random_uuid(), '', 'active', '{}', '{}',
      case when n % 10 = 0 then now() end
    from generate_series(1, ${count}::int) n`;
  await insert(from.userId, 1_001);
  await insert(other.userId, 10);
  await withTransaction(to.ctx, (tx) => reassignProjects(tx, to.ctx, { from: from.userId, to: to.userId }));
  expect(
    await sql`select owner_id, version, count(*)::int from projects
      where organization_id = ${tenant.organizationId} group by 1, 2 order by 3`,
  ).toEqual([
    { owner_id: other.userId, version: 1, count: 10 },
    { owner_id: to.userId, version: 2, count: 1_001 },
  ]);
  const [events] = await sql`
    select count(distinct entity_id)::int as count from audit_events
    where organization_id = ${tenant.organizationId} and action = 'project.update'`;
  expect(events).toEqual({ count: 1_001 });
  expect((await getProjectStats(to.ctx)).byOwner).toEqual([
    { ownerId: to.userId, count: 901 },
    { ownerId: other.userId, count: 9 },
  ]);
});
