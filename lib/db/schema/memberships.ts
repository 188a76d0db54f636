import { sql } from 'drizzle-orm';
import { check, index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { organizationRoles } from '#lib/auth/permissions.ts';
import { instant } from './instant.ts';
import { organizations } from './organizations.ts';
import { users } from './users.ts';

export const memberships = pgTable(
  'memberships',
  {
    organizationId: uuid()
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    userId: uuid()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    role: text({ enum: organizationRoles }).notNull(),
    createdAt: instant().notNull().default(sql`now()`),
  },
  (table) => [
    primaryKey({ columns: [table.organizationId, table.userId] }),
    index('memberships_user_id_idx').on(table.userId),
    check(
      'memberships_role_known',
      sql.raw(`role in (${organizationRoles.map((role) => `'${role}'`).join(', ')})`),
    ),
  ],
);
