import { bigint, index, pgTable, text, uuid } from 'drizzle-orm/pg-core';

/** What the projects of an organization are counted by; `created` and `updated` by UTC day. */
export const countDimensions = ['status', 'owner', 'created', 'updated'] as const;

// Written by triggers on `projects` only (ADR 0010): a count is the sum over its rows, which a job folds into one.
export const projectCounts = pgTable(
  'project_counts',
  {
    organizationId: uuid().notNull(),
    dimension: text({ enum: countDimensions }).notNull(),
    /** A status, a user id, or a day as in 2026-11-21. */
    key: text().notNull(),
    count: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [index('project_counts_organization_idx').on(table.organizationId)],
);
