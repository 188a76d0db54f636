import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { handler as foldProjectCounts } from '#functions/jobs/fold-project-counts.ts';
import { handler as createOne } from '#functions/projects/create-project.ts';
import { handler as deleteOne } from '#functions/projects/delete-project.ts';
import { handler as getProjectStats } from '#functions/projects/get-project-stats.ts';
import { handler as updateOne } from '#functions/projects/update-project.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { deleteProject } from '#lib/projects/delete-project.ts';
import { projectsTag } from '#lib/projects/projects-tag.ts';
import { CreateProjectInput, projectStatuses } from '#lib/projects/schemas.ts';
import { updateProject } from '#lib/projects/update-project.ts';
import { invalidateTag } from '#lib/resilience/cache.ts';
import { call } from '#test/support/call.ts';
import { runJob } from '#test/support/run-job.ts';
import { createTenant, type Member, sql } from '#test/support/tenant.ts';

/** The statistics as a count over the projects themselves, by UTC days. */
async function recount({ actor }: Member) {
  const rows = await sql`
    select status, owner_id,
      (now() at time zone 'UTC')::date - (created_at at time zone 'UTC')::date as created_age,
      (now() at time zone 'UTC')::date - (updated_at at time zone 'UTC')::date as updated_age
    from projects where organization_id = ${actor.organizationId} and deleted_at is null`;
  const count = (condition: (row: (typeof rows)[number]) => boolean) => rows.filter(condition).length;
  const owners = [...Map.groupBy(rows, (row) => row.owner_id)].map(([ownerId, owned]) => ({
    ownerId,
    count: owned.length,
  }));
  return {
    total: rows.length,
    byStatus: Object.fromEntries(
      projectStatuses.map((status) => [status, count((row) => row.status === status)]),
    ),
    created: {
      last7Days: count((row) => row.created_age < 7),
      last30Days: count((row) => row.created_age < 30),
    },
    updated: {
      last7Days: count((row) => row.updated_age < 7),
      last30Days: count((row) => row.updated_age < 30),
    },
    byOwner: owners.sort((a, b) => b.count - a.count || (a.ownerId < b.ownerId ? -1 : 1)).slice(0, 10),
    asOf: expect.any(String),
  };
}

/** As an instance reads them that has not yet: the writes here come from beside it. */
const read = async ({ token, actor }: Member) => {
  invalidateTag(projectsTag(actor.organizationId));
  return (await call(getProjectStats, { token })).body;
};
const fold = () => runJob(foldProjectCounts);

async function insertAged(member: Member, ageDays: number, status: string, ownerId = member.userId) {
  await sql`insert into projects (id, organization_id, owner_id, name, slug, description, status, tags, metadata, created_at, updated_at)
    values (gen_random_uuid(), ${member.actor.organizationId}, ${ownerId}, 'x', gen_random_uuid(), '', ${status}, '{}', '{}',
      now() - make_interval(days => ${ageDays}), now() - make_interval(days => ${Math.floor(ageDays / 2)}))`;
}

test('an organization without projects has zeros', async () => {
  const member = await (await createTenant()).addMember();
  expect(await read(member)).toEqual(await recount(member));
  expect((await read(member)).total).toBe(0);
});

afterEach(() => {
  vi.useRealTimers();
});

type Write =
  | { kind: 'insert'; ageDays: number; status: (typeof projectStatuses)[number]; owner: number }
  | { kind: 'update'; target: number; status: (typeof projectStatuses)[number] }
  | { kind: 'delete'; target: number }
  | { kind: 'purge' }
  | { kind: 'fold' };

const status = fc.constantFrom(...projectStatuses);
const writes: fc.Arbitrary<Write> = fc.oneof(
  fc.record({
    kind: fc.constant('insert' as const),
    ageDays: fc.integer({ min: 0, max: 60 }),
    status,
    owner: fc.integer({ min: 0, max: 11 }),
  }),
  fc.record({ kind: fc.constant('update' as const), target: fc.nat(), status }),
  fc.record({ kind: fc.constant('delete' as const), target: fc.nat() }),
  fc.constant({ kind: 'purge' as const }),
  fc.constant({ kind: 'fold' as const }),
);

async function apply(write: Write, members: Member[]): Promise<unknown> {
  const [member] = members as [Member, ...Member[]];
  const { organizationId } = member.actor;
  if (write.kind === 'fold') return fold();
  if (write.kind === 'purge')
    return sql`delete from projects where organization_id = ${organizationId} and deleted_at is not null`;
  if (write.kind === 'insert')
    return insertAged(member, write.ageDays, write.status, members[write.owner]?.userId);
  const live = await sql`
    select id from projects where organization_id = ${organizationId} and deleted_at is null order by id`;
  const id = live[write.target % (live.length || 1)]?.id;
  if (!id) return undefined;
  return write.kind === 'update'
    ? updateProject(member.ctx, id, { status: write.status })
    : deleteProject(member.ctx, id);
}

test('equals a recount after any sequence of writes, folded or not', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(writes, { maxLength: 25 }), async (sequence) => {
      const tenant = await createTenant();
      const members = await Promise.all(Array.from({ length: 12 }, () => tenant.addMember()));
      for (const write of sequence) await apply(write, members);
      const [member] = members as [Member, ...Member[]];
      expect(await read(member)).toEqual(await recount(member));
    }),
    { numRuns: 20 },
  );
});

test('equals a recount under concurrent writers and folding, and folding keeps the sums', {
  timeout: 60_000,
}, async () => {
  const member = await (await createTenant()).addMember();
  const writer = async (number: number) => {
    for (let round = 0; round < 15; round++) {
      const { id } = await createProject(
        member.ctx,
        CreateProjectInput.parse({ name: `P${number}`, status: 'active' }),
      );
      if (round % 2 === 0) await updateProject(member.ctx, id, { status: 'paused' });
      if (round % 3 === 0) await deleteProject(member.ctx, id);
    }
  };
  const reader = async () => {
    for (let round = 0; round < 20; round++) {
      const { total, byStatus } = await read(member);
      expect(Object.values<number>(byStatus).reduce((sum, count) => sum + count, 0)).toBe(total);
    }
  };
  await Promise.all([...[1, 2, 3, 4, 5, 6].map(writer), reader(), fold(), fold()]);
  const expected = await recount(member);
  expect(await read(member)).toEqual(expected);
  await sql`insert into project_counts (organization_id, dimension, key, count)
    select ${member.actor.organizationId}, 'status', 'active', case when n % 2 = 0 then 1 else -1 end from generate_series(1, 300) n`;
  await fold();
  expect(await read(member)).toEqual(expected);
  const [left] =
    await sql`select count(*)::int as rows from project_counts where organization_id = ${member.actor.organizationId}`;
  expect(left?.rows).toBeLessThan(10);
});

describe('an instance that has the statistics', () => {
  const readAgain = async ({ token }: Member) => (await call(getProjectStats, { token })).body;

  test('answers them again for two seconds, of the instant they were counted at', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const member = await (await createTenant()).addMember();
    const first = await readAgain(member);
    await insertAged(member, 0, 'active');
    vi.advanceTimersByTime(1_500);
    expect(await readAgain(member)).toEqual(first);
    vi.advanceTimersByTime(500);
    const second = await readAgain(member);
    expect([second.total, Date.parse(second.asOf) - Date.parse(first.asOf)]).toEqual([1, 2_000]);
  });

  test('shows each change that it has answered', async () => {
    const member = await (await createTenant()).addMember();
    const { token } = member;
    const totals = async () => {
      const { total, byStatus } = await readAgain(member);
      return [total, byStatus.paused];
    };
    expect(await totals()).toEqual([0, 0]);
    const created = await call(createOne, { token, body: { name: 'A' } });
    expect(await totals()).toEqual([1, 0]);
    const params = { id: created.body.id };
    await call(updateOne, { token, params, body: { status: 'paused' } });
    expect(await totals()).toEqual([1, 1]);
    await call(deleteOne, { token, params });
    expect(await totals()).toEqual([0, 0]);
  });

  test('has those of other organizations apart', async () => {
    const [member, stranger] = await Promise.all(
      [createTenant(), createTenant()].map(async (tenant) => (await tenant).addMember()),
    );
    await insertAged(member as Member, 0, 'active');
    expect([(await readAgain(member as Member)).total, (await readAgain(stranger as Member)).total]).toEqual([
      1, 0,
    ]);
  });
});
