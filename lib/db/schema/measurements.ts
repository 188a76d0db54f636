import { sql } from 'drizzle-orm';
import { bigint, boolean, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';

// What the fleet measured, folded from Redis (ADR 0021). Belongs to no organization.
export const measurements = pgTable(
  'measurements',
  {
    /** `total` is one row since ever, which counters are read from; its start is 1970. */
    resolution: text({ enum: ['minute', 'hour', 'total'] }).notNull(),
    startsAt: instant().notNull(),
    operation: text().notNull(),
    /** The status of a request; `succeeded` or `failed` for a run of a job. */
    outcome: text().notNull(),
    isCold: boolean().notNull(),
    count: bigint({ mode: 'number' }).notNull(),
    durationUs: bigint({ mode: 'number' }).notNull(),
    /** Counts by bucket of lib/observability/histogram.ts. */
    buckets: jsonb().$type<Record<string, number>>().notNull(),
    createdAt: instant().notNull().default(sql`now()`),
  },
  (table) => [
    primaryKey({
      name: 'measurements_pk',
      columns: [table.resolution, table.startsAt, table.operation, table.outcome, table.isCold],
    }),
  ],
);
