import { sql } from 'drizzle-orm';
import { index, pgTable, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';

// A row commits with what its fold added, so that a repeated fold adds nothing.
export const measurementFolds = pgTable(
  'measurement_folds',
  {
    id: uuid().primaryKey(),
    foldedAt: instant().notNull().default(sql`now()`),
  },
  (table) => [index('measurement_folds_folded_at_idx').on(table.foldedAt)],
);
