import { sql } from 'drizzle-orm';
import { bigint, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';
import { users } from './users.ts';

export const totpEnrolments = pgTable('totp_enrolments', {
  userId: uuid()
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  sealedSecret: text().notNull(),
  /** Null until the first code proves that the secret arrived. */
  confirmedAt: instant(),
  /** No code of this time step or an earlier one is accepted again (RFC 6238, 5.2). */
  lastUsedStep: bigint({ mode: 'number' }).notNull().default(0),
  failedAttempts: integer().notNull().default(0),
  /** The growing delay after failures. */
  nextAttemptAt: instant(),
  createdAt: instant().notNull().default(sql`now()`),
});
