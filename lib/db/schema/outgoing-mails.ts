import { sql } from 'drizzle-orm';
import { index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';

/** Mails that wait to be sent; a row commits with the change it tells of, and goes when the mail has left. */
export const outgoingMails = pgTable(
  'outgoing_mails',
  {
    id: uuid().primaryKey(),
    /** Sealed: a mail may carry a token. */
    sealedMail: text().notNull(),
    createdAt: instant().notNull().default(sql`now()`),
    attempts: integer().notNull().default(0),
    nextAttemptAt: instant().notNull().default(sql`now()`),
  },
  (table) => [index('outgoing_mails_next_attempt_at_idx').on(table.nextAttemptAt)],
);
