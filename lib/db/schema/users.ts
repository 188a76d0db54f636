import { sql } from 'drizzle-orm';
import { boolean, check, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';

export const users = pgTable(
  'users',
  {
    id: uuid().primaryKey(),
    email: text().notNull().unique(),
    name: text().notNull(),
    /** Null for who has no password: logged in by another issuer, or not yet. */
    passwordHash: text(),
    passwordChangedAt: instant(),
    emailVerifiedAt: instant(),
    isOperator: boolean().notNull().default(false),
    createdAt: instant().notNull().default(sql`now()`),
  },
  (table) => [check('users_email_lower_case', sql`${table.email} = lower(${table.email})`)],
);
