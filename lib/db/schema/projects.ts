import { sql } from 'drizzle-orm';
import {
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { type Project, projectStatuses } from '#lib/projects/schemas.ts';
import { instant } from './instant.ts';
import { memberships } from './memberships.ts';
import { organizations } from './organizations.ts';

export const projects = pgTable(
  'projects',
  {
    id: uuid().primaryKey(),
    organizationId: uuid()
      .notNull()
      .references(() => organizations.id),
    ownerId: uuid().notNull(),
    name: text().notNull(),
    slug: text().notNull(),
    description: text().notNull(),
    status: text({ enum: projectStatuses }).notNull(),
    tags: text().array().notNull(),
    metadata: jsonb().$type<Project['metadata']>().notNull(),
    version: integer().notNull().default(1),
    createdAt: instant().notNull().default(sql`now()`),
    updatedAt: instant().notNull().default(sql`now()`),
    deletedAt: instant(),
  },
  (table) => [
    // The owner is a member: whoever ends a membership has to pass its projects on first.
    foreignKey({
      name: 'projects_owner_fk',
      columns: [table.organizationId, table.ownerId],
      foreignColumns: [memberships.organizationId, memberships.userId],
    }),
    uniqueIndex('projects_slug_key').on(table.organizationId, table.slug).where(sql`deleted_at is null`),
    index('projects_created_at_idx')
      .on(table.organizationId, table.createdAt, table.id)
      .where(sql`deleted_at is null`),
    index('projects_owner_idx').on(table.organizationId, table.ownerId),
    index('projects_deleted_at_idx').on(table.deletedAt).where(sql`deleted_at is not null`),
    check(
      'projects_status_known',
      sql.raw(`status in (${projectStatuses.map((status) => `'${status}'`).join(', ')})`),
    ),
  ],
);
