import { expect, test } from 'vitest';
import { createProject } from '#lib/projects/create-project.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { createMember, sql } from '#test/support/tenant.ts';

test.each([
  "update audit_events set actor_id = 'nobody'",
  'update audit_events set changes = changes where false',
  'delete from audit_events',
  'delete from audit_events where false',
  'truncate audit_events',
  `insert into audit_events select * from audit_events limit 1
    on conflict (id) do update set actor_id = 'nobody'`,
])('the database refuses: %s', async (statement) => {
  const { ctx } = await createMember();
  const { id } = await createProject(ctx, CreateProjectInput.parse({ name: 'Kept' }));
  const trail = () => sql`select * from audit_events where entity_id = ${id}`;
  const before = await trail();
  await expect(sql.unsafe(statement)).rejects.toMatchObject({ code: '42501' });
  expect(await trail()).toEqual(before);
});
