import { sql } from 'drizzle-orm';
import { check, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { severities } from '#lib/notifications/events.ts';
import { instant } from './instant.ts';
import { notificationRules } from './notification-rules.ts';
import { organizations } from './organizations.ts';

/** One attempt to deliver a notification. */
export interface DeliveryAttempt {
  readonly at: string;
  readonly durationMs: number;
  readonly responseStatus: number | null;
  readonly error: string | null;
}

/** What one rule tells once, with the log of its delivery. */
export const notifications = pgTable(
  'notifications',
  {
    id: uuid().primaryKey(),
    organizationId: uuid()
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    ruleId: uuid()
      .notNull()
      .references(() => notificationRules.id, { onDelete: 'cascade' }),
    /** That of its rule. */
    scope: text({ enum: ['organization', 'platform'] }).notNull(),
    event: text().notNull(),
    subject: text().notNull(),
    subjectState: text().notNull(),
    severity: text({ enum: severities }).notNull(),
    summary: text().notNull(),
    details: jsonb().$type<Record<string, string | null>>().notNull(),
    /** How often it has happened within the window of its rule. */
    count: integer().notNull(),
    lastOccurredAt: instant().notNull(),
    state: text({ enum: ['pending', 'delivered', 'failed'] })
      .notNull()
      .default('pending'),
    /** When the first attempt began: what is told does not change any more. */
    begunAt: instant(),
    /** Attempts that have begun, since it was last sent anew. */
    attempts: integer().notNull().default(0),
    /** Of one that is under way, when it began. */
    nextAttemptAt: instant(),
    /** The last attempts, oldest first. */
    log: jsonb().$type<DeliveryAttempt[]>().notNull().default([]),
    createdAt: instant().notNull().default(sql`now()`),
  },
  (table) => [
    index('notifications_organization_idx').on(table.organizationId, table.createdAt, table.id),
    index('notifications_rule_idx').on(table.ruleId, table.event, table.subject, table.createdAt),
    index('notifications_created_at_idx').on(table.createdAt),
    check('notifications_state_known', sql`state in ('pending', 'delivered', 'failed')`),
  ],
);
