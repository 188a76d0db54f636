import { v7 as uuidv7 } from 'uuid';
import type { Actor, SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { statementInstant } from '#lib/db/later-instant.ts';
import { placeholdersFor, prepareOnce } from '#lib/db/prepare-once.ts';
import { auditEvents } from '#lib/db/schema/audit-events.ts';
import { redact } from './redact.ts';

interface AuditEvent {
  readonly action: `${string}.${string}`;
  readonly entityId: string;
  readonly before?: Record<string, unknown>;
  readonly after?: Record<string, unknown>;
}

/** A job acts for no organization of its own, so it says whose row it changed. */
interface SystemAuditEvent extends AuditEvent {
  readonly organizationId: string;
}

/**
 * Writes who changed what, in the transaction of the changes: all of it is there, or none. Called behind the change, whose lock it relies on,
 * it gives the events of one entity times in the order of its changes.
 */
export async function recordAuditEvent<A extends Actor | SystemActor>(
  tx: Transaction,
  ctx: Context<A>,
  ...events: (A extends SystemActor ? SystemAuditEvent : AuditEvent)[]
): Promise<void> {
  const [first, ...others] = events.map((event) => ({
    id: uuidv7(),
    ...describeActor(ctx.actor, event),
    action: event.action,
    entityId: event.entityId,
    changes: diff(event.before ?? {}, event.after ?? {}),
    requestId: ctx.requestId,
  }));
  if (!first) return;
  if (others.length === 0) await insertOne(tx).execute(first);
  else await tx.insert(auditEvents).values([first, ...others].map((row) => ({ ...row, createdAt })));
}

// The transaction may have begun before a change ahead of this one was committed.
const createdAt = statementInstant;

const columns = {
  id: true,
  organizationId: true,
  actorType: true,
  actorId: true,
  action: true,
  entityId: true,
  changes: true,
  requestId: true,
} as const satisfies Record<Exclude<keyof typeof auditEvents.$inferInsert, 'createdAt'>, true>;

const insertOne = prepareOnce((database) =>
  database
    .insert(auditEvents)
    .values({ ...placeholdersFor(columns), createdAt })
    .prepare('insert_audit_event'),
);

function describeActor(actor: Actor | SystemActor, event: AuditEvent | SystemAuditEvent) {
  if (actor.type === 'system')
    return {
      actorType: actor.type,
      actorId: actor.jobId,
      organizationId: (event as SystemAuditEvent).organizationId,
    };
  const actorId = actor.type === 'user' ? actor.userId : actor.keyId;
  return { actorType: actor.type, actorId, organizationId: actor.organizationId };
}

function diff(before: Record<string, unknown>, after: Record<string, unknown>) {
  const changes: Record<string, { before?: unknown; after?: unknown }> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (JSON.stringify(before[key]) !== JSON.stringify(after[key]))
      changes[key] = { before: redact(key, before[key]), after: redact(key, after[key]) };
  }
  return changes;
}
