import { v7 as uuidv7 } from 'uuid';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { auditEvents } from '#lib/db/schema/audit-events.ts';

interface AuditEvent {
  readonly action: `${string}.${string}`;
  readonly entityId: string;
  readonly before?: Record<string, unknown>;
  readonly after?: Record<string, unknown>;
}

/** Writes who changed what, in the transaction of the change: both are there, or neither. */
export async function recordAuditEvent(tx: Transaction, ctx: Context, event: AuditEvent): Promise<void> {
  await tx.insert(auditEvents).values({
    id: uuidv7(),
    organizationId: ctx.actor.organizationId,
    actorType: ctx.actor.type,
    actorId: ctx.actor.userId,
    action: event.action,
    entityId: event.entityId,
    changes: diff(event.before ?? {}, event.after ?? {}),
    requestId: ctx.requestId,
  });
}

function diff(before: Record<string, unknown>, after: Record<string, unknown>) {
  const changes: Record<string, { before?: unknown; after?: unknown }> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (JSON.stringify(before[key]) !== JSON.stringify(after[key]))
      changes[key] = { before: before[key], after: after[key] };
  }
  return changes;
}
