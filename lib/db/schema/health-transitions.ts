import { sql } from 'drizzle-orm';
import { bigint, index, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';

/** That a check, or `overall`, went from one status to another. */
export const healthTransitions = pgTable(
  'health_transitions',
  {
    /** Given out one after the other, under a lock: the order of the list. */
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    check: text('check_name').notNull(),
    from: text('from_status', { enum: ['pass', 'warn', 'fail'] }),
    to: text('to_status', { enum: ['pass', 'warn', 'fail'] }).notNull(),
    output: text(),
    at: instant().notNull(),
    /** When whoever wants to know was told. */
    toldAt: instant(),
  },
  (table) => [
    index('health_transitions_at_idx').on(table.at),
    index('health_transitions_untold_idx').on(table.id).where(sql`told_at is null`),
  ],
);
