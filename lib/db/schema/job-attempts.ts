import { sql } from 'drizzle-orm';
import { bigint, check, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';
import { jobRuns } from './job-runs.ts';

export const attemptOutcomes = ['succeeded', 'failed', 'timed_out', 'continued', 'cancelled'] as const;

/** Each time a run was begun, and how that ended; without an end it is under way. */
export const jobAttempts = pgTable(
  'job_attempts',
  {
    runId: uuid()
      .notNull()
      .references(() => jobRuns.id, { onDelete: 'cascade' }),
    fence: bigint({ mode: 'number' }).notNull(),
    startedAt: instant().notNull().default(sql`now()`),
    finishedAt: instant(),
    outcome: text({ enum: attemptOutcomes }),
    errorClass: text(),
    errorMessage: text(),
    release: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.fence] }),
    check(
      'job_attempts_outcome_known',
      sql.raw(`outcome in (${attemptOutcomes.map((outcome) => `'${outcome}'`).join(', ')})`),
    ),
  ],
);
