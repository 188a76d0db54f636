import { sql } from 'drizzle-orm';
import { check, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { type Project, projectStatuses } from '#lib/projects/schemas.ts';
import { instant } from './instant.ts';
import { organizations } from './organizations.ts';
import { users } from './users.ts';

export const projects = pgTable(
  'projects',
  {
    id: uuid().primaryKey(),
    organizationId: uuid()
      .notNull()
      .references(() => organizations.id),
    ownerId: uuid()
      .notNull()
      .references(() => users.id),
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
    uniqueIndex('projects_slug_key').on(table.organizationId, table.slug).where(sql`deleted_at is null`),
    index('projects_created_at_idx')
      .on(table.organizationId, table.createdAt, table.id)
      .where(sql`deleted_at is null`),
    index('projects_owner_id_idx').on(table.ownerId),
    index('projects_deleted_at_idx').on(table.deletedAt).where(sql`deleted_at is not null`),
    check(
      'projects_status_known',
      sql.raw(`status in (${projectStatuses.map((status) => `'${status}'`).join(', ')})`),
    ),
  ],
);
