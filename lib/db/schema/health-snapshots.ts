import { jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';

/** What the last look at the whole service saw: one row, good until it expires. */
export const healthSnapshots = pgTable('health_snapshots', {
  id: text({ enum: ['service'] }).primaryKey(),
  status: text({ enum: ['pass', 'warn', 'fail'] }).notNull(),
  /** By name of the check. */
  checks: jsonb().$type<Record<string, { status: 'pass' | 'warn' | 'fail'; output?: string }>>().notNull(),
  /** When the look began, by the clock of the database. */
  observedAt: instant().notNull(),
  expiresAt: instant().notNull(),
});
