import { sql } from 'drizzle-orm';
import { bigint, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';

/** Failures of the service that have one cause; of no organization. */
export const errorGroups = pgTable(
  'error_groups',
  {
    id: uuid().primaryKey(),
    fingerprint: text().notNull().unique(),
    operations: text().array().notNull(),
    code: text().notNull(),
    errorClass: text().notNull(),
    title: text().notNull(),
    count: bigint({ mode: 'number' }).notNull(),
    firstSeenAt: instant().notNull(),
    lastSeenAt: instant().notNull(),
    firstRelease: text().notNull(),
    lastRelease: text().notNull(),
    state: text({ enum: ['open', 'resolved', 'ignored'] })
      .notNull()
      .default('open'),
    /** The last release that had it when it was called resolved: in any other it is back. */
    resolvedRelease: text(),
    regressions: integer().notNull().default(0),
    sample: jsonb()
      .$type<{ requestId: string; traceId?: string; message: string; stack: string }>()
      .notNull(),
    updatedAt: instant().notNull().default(sql`now()`),
  },
  (table) => [
    index('error_groups_last_seen_at_idx').on(table.lastSeenAt, table.id),
    index('error_groups_state_idx').on(table.state, table.lastSeenAt, table.id),
  ],
);
