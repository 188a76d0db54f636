import { sql } from 'drizzle-orm';
import { foreignKey, index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';
import { memberships } from './memberships.ts';

export const apiKeys = pgTable(
  'api_keys',
  {
    id: uuid().primaryKey(),
    organizationId: uuid().notNull(),
    /** Whose permissions the scopes are a part of; the key ends with the membership. */
    userId: uuid().notNull(),
    name: text().notNull(),
    scopes: text().array().notNull(),
    secretHash: text().notNull(),
    /** The secret before the last rotation, good until its overlap ends. */
    previousSecretHash: text(),
    previousExpiresAt: instant(),
    createdAt: instant().notNull().default(sql`now()`),
    rotatedAt: instant(),
    expiresAt: instant(),
    revokedAt: instant(),
    lastUsedAt: instant(),
  },
  (table) => [
    foreignKey({
      name: 'api_keys_membership_fk',
      columns: [table.organizationId, table.userId],
      foreignColumns: [memberships.organizationId, memberships.userId],
    }).onDelete('cascade'),
    index('api_keys_organization_idx').on(table.organizationId, table.createdAt, table.id),
    index('api_keys_membership_idx').on(table.organizationId, table.userId),
  ],
);
