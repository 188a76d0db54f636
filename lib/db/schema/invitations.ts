import { sql } from 'drizzle-orm';
import { check, index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { organizationRoles } from '#lib/auth/permissions.ts';
import { instant } from './instant.ts';
import { organizations } from './organizations.ts';
import { users } from './users.ts';

export const invitations = pgTable(
  'invitations',
  {
    id: uuid().primaryKey(),
    organizationId: uuid()
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    email: text().notNull(),
    role: text({ enum: organizationRoles }).notNull(),
    tokenHash: text().notNull().unique('invitations_token_hash_unique'),
    invitedBy: uuid().references(() => users.id, { onDelete: 'set null' }),
    createdAt: instant().notNull().default(sql`now()`),
    expiresAt: instant().notNull(),
    acceptedAt: instant(),
    revokedAt: instant(),
  },
  (table) => [
    uniqueIndex('invitations_one_open')
      .on(table.organizationId, table.email)
      .where(sql`accepted_at is null and revoked_at is null`),
    index('invitations_organization_idx').on(table.organizationId, table.createdAt, table.id),
    index('invitations_invited_by_idx').on(table.invitedBy),
    check('invitations_email_lower_case', sql`${table.email} = lower(${table.email})`),
    check(
      'invitations_role_known',
      sql.raw(`role in (${organizationRoles.map((role) => `'${role}'`).join(', ')})`),
    ),
  ],
);
