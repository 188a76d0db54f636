import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { createMember, sql } from '#test/support/tenant.ts';

test('a job is an actor too, on behalf of the organization it names', async () => {
  const { ctx: userContext, actor } = await createMember();
  const ctx = { ...userContext, actor: { type: 'system', jobId: 'sweepThings' } as const };
  const [entityId, { organizationId }] = [uuidv7(), actor];
  await withTransaction(ctx, (tx) =>
    recordAuditEvent(tx, ctx, { action: 'thing.sweep', entityId, organizationId, before: { state: 'old' } }),
  );
  const [event] =
    await sql`select organization_id, actor_type, actor_id, changes from audit_events where entity_id = ${entityId}`;
  expect(event).toEqual({
    organization_id: organizationId,
    actor_type: 'system',
    actor_id: 'sweepThings',
    changes: { state: { before: 'old' } },
  });
});

test('secrets never reach the table', async () => {
  const { ctx } = await createMember();
  const entityId = uuidv7();
  const after = { email: 'a@example.com', passwordHash: 'hash-1', metadata: { token: 'token-1' } };
  await withTransaction(ctx, (tx) => recordAuditEvent(tx, ctx, { action: 'user.create', entityId, after }));
  const [event] = await sql`select changes from audit_events where entity_id = ${entityId}`;
  expect(event?.changes).toEqual({
    email: { after: 'a@example.com' },
    passwordHash: { after: '[redacted]' },
    metadata: { after: { token: '[redacted]' } },
  });
});

test('the row goes when the transaction fails', async () => {
  const { ctx } = await createMember();
  const entityId = uuidv7();
  const failing = withTransaction(ctx, async (tx) => {
    await recordAuditEvent(tx, ctx, { action: 'thing.create', entityId });
    throw new Error('changed my mind');
  });
  await expect(failing).rejects.toThrow('changed my mind');
  expect(await sql`select 1 from audit_events where entity_id = ${entityId}`).toEqual([]);
});
