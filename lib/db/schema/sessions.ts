import { sql } from 'drizzle-orm';
import { foreignKey, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';
import { memberships } from './memberships.ts';

export const sessions = pgTable(
  'sessions',
  {
    id: uuid().primaryKey(),
    userId: uuid().notNull(),
    /** The organization its tokens act in. */
    organizationId: uuid().notNull(),
    /** Tokens of another generation are refused: it grows when a role changes or the organization is switched. */
    generation: integer().notNull().default(1),
    authenticatedAt: instant().notNull().default(sql`now()`),
    authenticationMethods: text().array().notNull(),
    userAgent: text().notNull(),
    sourceIp: text().notNull(),
    createdAt: instant().notNull().default(sql`now()`),
    lastUsedAt: instant().notNull().default(sql`now()`),
    expiresAt: instant().notNull(),
    revokedAt: instant(),
  },
  (table) => [
    foreignKey({
      name: 'sessions_membership_fk',
      columns: [table.organizationId, table.userId],
      foreignColumns: [memberships.organizationId, memberships.userId],
    }).onDelete('cascade'),
    index('sessions_user_id_idx').on(table.userId, table.createdAt),
    index('sessions_membership_idx').on(table.organizationId, table.userId),
    index('sessions_expires_at_idx').on(table.expiresAt),
  ],
);
