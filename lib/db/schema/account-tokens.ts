import { sql } from 'drizzle-orm';
import { check, index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';
import { users } from './users.ts';

export const accountTokenPurposes = ['verify_email', 'reset_password'] as const;

/** What a mailed link proves; only a hash of it is kept, and it works once. */
export const accountTokens = pgTable(
  'account_tokens',
  {
    tokenHash: text().primaryKey(),
    userId: uuid()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    purpose: text({ enum: accountTokenPurposes }).notNull(),
    createdAt: instant().notNull().default(sql`now()`),
    expiresAt: instant().notNull(),
    usedAt: instant(),
  },
  (table) => [
    index('account_tokens_user_id_idx').on(table.userId),
    index('account_tokens_expires_at_idx').on(table.expiresAt),
    check(
      'account_tokens_purpose_known',
      sql.raw(`purpose in (${accountTokenPurposes.map((purpose) => `'${purpose}'`).join(', ')})`),
    ),
  ],
);
