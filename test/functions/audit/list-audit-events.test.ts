import { v7 as uuidv7 } from 'uuid';
import { describe, expect, test } from 'vitest';
import { handler as listAuditEvents } from '#functions/audit/list-audit-events.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { deleteProject } from '#lib/projects/delete-project.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { updateProject } from '#lib/projects/update-project.ts';
import { call } from '#test/support/call.ts';
import { createTenant, type Member, sql } from '#test/support/tenant.ts';

const create = ({ ctx }: Member, name: string) =>
  createProject(ctx, CreateProjectInput.parse({ name, metadata: { token: 'hidden' } }));

async function setUp() {
  const tenant = await createTenant();
  const [owner, admin] = [await tenant.addMember(), await tenant.addMember(['admin'])];
  const [first, second] = [await create(owner, 'First'), await create(admin, 'Second')];
  await updateProject(owner.ctx, first.id, { status: 'paused' });
  await deleteProject(admin.ctx, first.id);
  const list = (query: Record<string, string> = {}, member = owner) =>
    call(listAuditEvents, { token: member.token, query });
  const actions = async (query: Record<string, string>) =>
    (await list(query)).body.items.map(({ action }: { action: string }) => action);
  return { tenant, owner, admin, first, second, list, actions };
}

describe('succeeds', () => {
  test('newest first, with the declared fields and no secrets', async () => {
    const { admin, first, list } = await setUp();
    const { status, body } = await list();
    expect(status).toBe(200);
    expect(body.items.map(({ action }: { action: string }) => action)).toEqual([
      'project.delete',
      'project.update',
      'project.create',
      'project.create',
    ]);
    expect(body.items[0]).toEqual({
      id: expect.any(String),
      actorType: 'user',
      actorId: admin.userId,
      action: 'project.delete',
      entityId: first.id,
      changes: {
        deletedAt: { before: null, after: expect.any(String) },
        updatedAt: expect.any(Object),
        version: { before: 2, after: 3 },
      },
      requestId: 'test-request',
      createdAt: expect.stringMatching(/T.*Z$/),
    });
    expect(JSON.stringify(body)).not.toContain('hidden');
  });

  test('filtered by actor, action, entity and time', async () => {
    const { owner, first, second, list, actions } = await setUp();
    expect(await actions({ actorId: owner.userId })).toEqual(['project.update', 'project.create']);
    expect(await actions({ action: 'project.delete' })).toEqual(['project.delete']);
    expect(await actions({ entityId: second.id })).toEqual(['project.create']);
    expect(await actions({ entityId: first.id, actorId: owner.userId, action: 'project.update' })).toEqual([
      'project.update',
    ]);
    const { createdAt } = (await list({ action: 'project.update' })).body.items[0];
    expect(await actions({ createdAfter: createdAt })).toEqual(['project.delete', 'project.update']);
    expect(await actions({ createdBefore: createdAt })).toEqual(['project.create', 'project.create']);
    expect(await actions({ actorId: 'nobody' })).toEqual([]);
  });

  test('pages show every event once, also when they happened in the same microsecond', async () => {
    const { owner, list } = await setUp();
    await sql`insert into audit_events (id, organization_id, actor_type, actor_id, action, entity_id, changes, request_id, created_at)
      select gen_random_uuid(), ${owner.actor.organizationId}, 'system', 'test', 'thing.sweep', gen_random_uuid(), '{}', '', '2026-11-21 09:00:00.123456Z'
      from generate_series(1, 9)`;
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await list({ action: 'thing.sweep', limit: '2', ...(cursor && { cursor }) });
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.nextCursor;
    } while (cursor);
    expect([seen.length, new Set(seen).size]).toEqual([9, 9]);
  });

  test('every filter has an index that serves it in this order, without a sort', async () => {
    const organizationId = uuidv7();
    const plans: Record<string, string> = {};
    const filters = {
      created_at: '',
      actor: "and actor_id = '7'",
      action: "and action = 'thing.7'",
      entity: `and entity_id = '${organizationId}'`,
    };
    const planning = sql.begin(async (tx) => {
      await tx`insert into audit_events (id, organization_id, actor_type, actor_id, action, entity_id, changes, request_id, created_at)
        select gen_random_uuid(), ${organizationId}, 'user', n % 200, 'thing.' || n % 50, gen_random_uuid(), '{}', '', now() - n * interval '1 second'
        from generate_series(1, 20000) n`;
      await tx`analyze audit_events`;
      for (const [name, filter] of Object.entries(filters)) {
        const rows = await tx.unsafe(`explain select * from audit_events
          where organization_id = '${organizationId}' ${filter}
          and (created_at, id) < (now(), '${organizationId}'::uuid)
          order by created_at desc, id desc limit 26`);
        plans[name] = rows.map((row) => row['QUERY PLAN']).join('\n');
      }
      throw new Error('undo the rows');
    });
    await expect(planning).rejects.toThrow('undo the rows');
    for (const [name, plan] of Object.entries(plans)) {
      expect(plan).toContain(`Index Scan Backward using audit_events_${name}_idx`);
      expect(plan).not.toContain('Sort');
    }
    expect(Object.keys(plans)).toEqual(Object.keys(filters));
  });
});

describe('rejects', () => {
  test.each([
    'limit=0',
    'entityId=x',
    'createdAfter=yesterday',
    'createdAfter=2026-01-01T00:00:00%2B16:00',
    'createdBefore=0000-01-01T00:00:00Z',
    'actorId=',
  ])('%s with 422', async (query) => {
    const { token } = await (await createTenant()).addMember();
    const { status, body } = await call(listAuditEvents, { token, query });
    expect([status, body.errors[0].pointer]).toEqual([422, `/${query.split('=')[0]}`]);
  });

  test.each(['x', 'bnVsbA', Buffer.from('["0000-01-01T00:00:00Z","x"]').toString('base64url')])(
    'the cursor %s with 400',
    async (cursor) => {
      const { token } = await (await createTenant()).addMember();
      const { status, body } = await call(listAuditEvents, { token, query: { cursor } });
      expect([status, body.code]).toEqual([400, 'invalid_cursor']);
    },
  );
});

describe('protects', () => {
  test('the trail of other organizations, and from editors and viewers', async () => {
    const { tenant, first, list } = await setUp();
    const stranger = await (await createTenant()).addMember();
    expect((await list({ entityId: first.id }, stranger)).body).toEqual({ items: [] });
    for (const role of ['editor', 'viewer'] as const)
      expect((await list({}, await tenant.addMember([role]))).status).toBe(403);
  });
});
