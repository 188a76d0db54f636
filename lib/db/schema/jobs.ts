import { sql } from 'drizzle-orm';
import { pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';

/** What is known of a job besides its code; a row appears when `recordHealth` or the sweep first looks, or with its first run. */
export const jobs = pgTable('jobs', {
  id: text().primaryKey(),
  /** Every slot up to here is in the ledger. */
  sweptUntil: instant().notNull().default(sql`now()`),
  pausedAt: instant(),
  pausedBy: uuid(),
  pauseReason: text(),
});
