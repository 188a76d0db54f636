import { and, desc, eq, sql } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { auditEvents } from '#lib/db/schema/audit-events.ts';
import { getReplica } from '#lib/db/transaction.ts';
import { openCursor } from '#lib/pagination/cursor.ts';
import { toPage } from '#lib/pagination/to-page.ts';
import type { AuditPage, ListAuditEventsQuery } from './schemas.ts';

/** One page of the organization's audit events, newest first; every filter has an index that serves it in this order. */
export async function listAuditEvents(ctx: Context, query: ListAuditEventsQuery): Promise<AuditPage> {
  const { cursor, limit, ...filter } = query;
  const { actorId, action, entityId, createdAfter, createdBefore } = filter;
  const scope = ['audit', ctx.actor.organizationId, Object.entries(filter).sort()];
  const after = cursor === undefined ? undefined : openCursor(scope, cursor);
  const rows = await getReplica(ctx)
    .select()
    .from(auditEvents)
    .where(
      and(
        eq(auditEvents.organizationId, ctx.actor.organizationId),
        actorId === undefined ? undefined : eq(auditEvents.actorId, actorId),
        action === undefined ? undefined : eq(auditEvents.action, action),
        entityId === undefined ? undefined : eq(auditEvents.entityId, entityId),
        createdAfter === undefined
          ? undefined
          : sql`${auditEvents.createdAt} >= ${createdAfter}::timestamptz`,
        createdBefore === undefined
          ? undefined
          : sql`${auditEvents.createdAt} < ${createdBefore}::timestamptz`,
        // A row value, not OR: only this form is one index range.
        after &&
          sql`(${auditEvents.createdAt}, ${auditEvents.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(desc(auditEvents.createdAt), desc(auditEvents.id))
    .limit(limit + 1);
  return toPage(rows, limit, scope, (row) => [row.createdAt, row.id]);
}
