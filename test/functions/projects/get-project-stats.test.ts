import fc from 'fast-check';
import { expect, test } from 'vitest';
import { handler as getProjectStats } from '#functions/projects/get-project-stats.ts';
import { projectStatuses } from '#lib/projects/schemas.ts';
import { call } from '#test/support/call.ts';
import { createTenant, sql } from '#test/support/tenant.ts';

const day = 86_400_000;

test('equals a recount of any set of projects', async () => {
  const projects = fc.array(
    fc.record({
      status: fc.constantFrom(...projectStatuses),
      owner: fc.integer({ min: 0, max: 2 }),
      ageDays: fc.integer({ min: 0, max: 60 }),
      isDeleted: fc.boolean(),
    }),
    { maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(projects, async (rows) => {
      const tenant = await createTenant();
      const owners = await Promise.all([0, 1, 2].map(() => tenant.addMember()));
      const ownerOf = (row: { owner: number }) => owners[row.owner]?.userId ?? '';
      // Half a day off the boundaries, so that the run time of the test cannot move a row across one.
      for (const [index, row] of rows.entries())
        await sql`insert into projects (id, organization_id, owner_id, name, slug, description, status, tags, metadata, created_at, updated_at, deleted_at)
          values (gen_random_uuid(), ${tenant.organizationId}, ${ownerOf(row)}, 'x', ${`s${index}`}, '', ${row.status}, '{}', '{}',
            ${new Date(Date.now() - (row.ageDays + 0.5) * day)}, ${new Date(Date.now() - (row.ageDays / 2 + 0.4) * day)}, ${row.isDeleted ? new Date() : null})`;

      const { body } = await call(getProjectStats, { token: owners[0]?.token });
      const live = rows.filter(({ isDeleted }) => !isDeleted);
      const count = (condition: (row: (typeof live)[number]) => boolean) => live.filter(condition).length;
      expect(body).toMatchObject({
        total: live.length,
        byStatus: Object.fromEntries(
          projectStatuses.map((status) => [status, count((row) => row.status === status)]),
        ),
        created: { last7Days: count((row) => row.ageDays < 7), last30Days: count((row) => row.ageDays < 30) },
        updated: {
          last7Days: count((row) => row.ageDays / 2 + 0.4 < 7),
          last30Days: count((row) => row.ageDays / 2 + 0.4 < 30),
        },
      });
      const byOwner = [0, 1, 2].map((owner) => count((row) => row.owner === owner)).filter(Boolean);
      expect(body.byOwner.map((entry: { count: number }) => entry.count)).toEqual(
        byOwner.sort((a, b) => b - a),
      );
    }),
    { numRuns: 15 },
  );
});
