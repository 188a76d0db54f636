import { sql } from 'drizzle-orm';
import { bigint, check, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';

export const attemptOutcomes = ['succeeded', 'failed', 'timed_out', 'continued', 'cancelled'] as const;

/** Each time a run was begun, and how that ended; the one under way is in the run itself. */
export const jobAttempts = pgTable(
  'job_attempts',
  {
    /** A run of the ledger. No foreign key, whose check took half of a claim: written and removed in the statement of the run (ADR 0026). */
    runId: uuid().notNull(),
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
