import { sql } from 'drizzle-orm';
import { index, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';

// No foreign keys: an audit row outlives what it tells about. Append-only by a trigger: ADR 0008.
export const auditEvents = pgTable(
  'audit_events',
  {
    id: uuid().primaryKey(),
    organizationId: uuid().notNull(),
    actorType: text({ enum: ['user', 'api_key', 'system'] }).notNull(),
    actorId: text().notNull(),
    action: text().notNull(),
    entityId: uuid().notNull(),
    changes: jsonb().$type<Record<string, { before?: unknown; after?: unknown }>>().notNull(),
    requestId: text().notNull(),
    createdAt: instant().notNull().default(sql`now()`),
  },
  (table) => [
    index('audit_events_created_at_idx').on(table.organizationId, table.createdAt, table.id),
    index('audit_events_entity_idx').on(table.organizationId, table.entityId, table.createdAt, table.id),
    index('audit_events_actor_idx').on(table.organizationId, table.actorId, table.createdAt, table.id),
    index('audit_events_action_idx').on(table.organizationId, table.action, table.createdAt, table.id),
  ],
);
