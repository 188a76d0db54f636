import { expect, test } from 'vitest';
import { withTransaction } from '#lib/db/transaction.ts';
import { getProjectStats } from '#lib/projects/get-project-stats.ts';
import { reassignProjects } from '#lib/projects/reassign-projects.ts';
import { createTenant, sql } from '#test/support/tenant.ts';
import { untilWaiting } from '#test/support/until-waiting.ts';

const insertProjects = (organizationId: string, ownerId: string, count: number) => sql`
  insert into projects (id, organization_id, owner_id, name, slug, description, status, tags, metadata, deleted_at)
  select gen_random_uuid(), ${organizationId}, ${ownerId}, 'P', gen_random_uuid(), '', 'active', '{}', '{}',
    case when n % 10 = 0 then now() end
  from generate_series(1, ${count}::int) n`;

test('all projects move, in batches, each with its audit event; those of others stay', async () => {
  const tenant = await createTenant();
  const [from, to, other] = [await tenant.addMember(), await tenant.addMember(), await tenant.addMember()];
  await insertProjects(tenant.organizationId, from.userId, 1_001);
  await insertProjects(tenant.organizationId, other.userId, 10);
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

test('no project stays behind when others of a batch get another owner meanwhile', async () => {
  const tenant = await createTenant();
  const [from, to, other] = [await tenant.addMember(), await tenant.addMember(), await tenant.addMember()];
  await insertProjects(tenant.organizationId, from.userId, 1_010);
  const reassigned = await sql.begin(async (tx) => {
    await tx`update projects set owner_id = ${other.userId} where ctid = any (array(
      select ctid from projects where organization_id = ${tenant.organizationId} limit 3))`;
    const reassigning = withTransaction(to.ctx, (inside) =>
      reassignProjects(inside, to.ctx, { from: from.userId, to: to.userId }),
    );
    await untilWaiting(1);
    return { reassigning };
  });
  await reassigned.reassigning;
  expect(
    await sql`select owner_id, count(*)::int from projects
      where organization_id = ${tenant.organizationId} group by 1 order by 2`,
  ).toEqual([
    { owner_id: other.userId, count: 3 },
    { owner_id: to.userId, count: 1_007 },
  ]);
});
