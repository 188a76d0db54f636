import { sql } from 'drizzle-orm';
import { index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';
import { sessions } from './sessions.ts';

/** The tokens of a session are one family: using one that was rotated ends the session. */
export const refreshTokens = pgTable(
  'refresh_tokens',
  {
    tokenHash: text().primaryKey(),
    sessionId: uuid()
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    createdAt: instant().notNull().default(sql`now()`),
    rotatedAt: instant(),
  },
  (table) => [index('refresh_tokens_session_id_idx').on(table.sessionId)],
);
