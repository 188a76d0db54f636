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
    // A list walks one of these in its order, so no page sorts: all, one status, one owner, each in three orders. Behind the
    // order stands what a second filter compares: a row that fails it is passed over in the index (ADR 0011).
    ...[
      { prefix: 'projects', scope: [table.organizationId], compared: [] },
      { prefix: 'projects_status', scope: [table.organizationId, table.status], compared: [] },
      { prefix: 'projects_owner', scope: [table.organizationId, table.ownerId], compared: [table.status] },
    ].flatMap(({ prefix, scope: [first, ...rest], compared }) =>
      [
        { suffix: 'created_at', key: table.createdAt, times: [table.updatedAt] },
        { suffix: 'updated_at', key: table.updatedAt, times: [table.createdAt] },
        { suffix: 'name', key: sql`name collate "C"`, times: [table.createdAt, table.updatedAt] },
      ].map(({ suffix, key, times }) =>
        index(`${prefix}_${suffix}_idx`)
          .on(first as typeof table.organizationId, ...rest, key, table.id, ...times, ...compared)
          .where(sql`deleted_at is null`),
      ),
    ),
    // The organization comes last, so that only matches are looked up in it; deleted rows are in it, because the planner takes
    // statistics of an expression from a whole index only.
    index('projects_search_idx').using(
      'gin',
      sql`(name || chr(31) || description) gin_trgm_ops`,
      table.tags,
      table.organizationId,
    ),
    // For the foreign key: to end a membership is to look here, for deleted projects too.
    index('projects_owner_idx').on(table.organizationId, table.ownerId),
    index('projects_deleted_at_idx').on(table.deletedAt).where(sql`deleted_at is not null`),
    check(
      'projects_status_known',
      sql.raw(`status in (${projectStatuses.map((status) => `'${status}'`).join(', ')})`),
    ),
  ],
);
