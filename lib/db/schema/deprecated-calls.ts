import { bigint, index, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';

/** Who calls deprecated operations: a row for each caller of each. Of the platform: an organization does not see it. */
export const deprecatedCalls = pgTable(
  'deprecated_calls',
  {
    id: uuid().primaryKey(),
    operation: text().notNull(),
    /** Of an API key its owner; nobody when the caller was not known. No foreign keys: a caller who is removed has called nevertheless. */
    userId: uuid(),
    apiKeyId: uuid(),
    organizationId: uuid(),
    count: bigint({ mode: 'number' }).notNull(),
    firstSeenAt: instant().notNull(),
    lastSeenAt: instant().notNull(),
  },
  (table) => [
    unique('deprecated_calls_caller_unique')
      .on(table.operation, table.organizationId, table.userId, table.apiKeyId)
      .nullsNotDistinct(),
    index('deprecated_calls_last_seen_at_idx').on(table.lastSeenAt, table.id),
  ],
);
