import { sql } from 'drizzle-orm';
import type { PgInsertValue } from 'drizzle-orm/pg-core';
import { v7 as uuidv7 } from 'uuid';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import type { Database, Transaction } from '#lib/db/client.ts';
import { placeholdersFor, prepareOnce } from '#lib/db/prepare-once.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { invalidateTag } from '#lib/resilience/cache.ts';
import { projectsTag } from './projects-tag.ts';
import type { CreateProjectInput, Project } from './schemas.ts';
import { deriveSlug } from './slug.ts';

export type NewProject = ReturnType<typeof newProject>;

/** The row of a project to be: what the input leaves out is the caller's, or made from the name. */
export function newProject(ctx: Context, input: CreateProjectInput) {
  const id = uuidv7();
  const { slug = deriveSlug(input.name, id), ownerId = ctx.actor.userId } = input;
  return { ...input, id, slug, ownerId: ownerId.toLowerCase(), organizationId: ctx.actor.organizationId };
}

/** Inserts the projects whose slug is free, each with its audit event, and returns those. */
export async function insertProjects(
  tx: Transaction,
  ctx: Context,
  rows: readonly NewProject[],
): Promise<Project[]> {
  const [first, ...others] = rows;
  if (!first) return [];
  // In the order of their slugs: two callers that wait for each other's would both wait for ever.
  const inOrder = rows.toSorted((a, b) => Number(a.slug > b.slug) - Number(a.slug < b.slug));
  const inserted = others.length === 0 ? await insertOne(tx).execute(first) : await insertFree(tx, inOrder);
  invalidateTag(projectsTag(ctx.actor.organizationId));
  await recordAuditEvent(
    tx,
    ctx,
    ...inserted.map((after) => ({ action: 'project.create', entityId: after.id, after }) as const),
  );
  return inserted;
}

const columns = {
  id: true,
  organizationId: true,
  ownerId: true,
  name: true,
  slug: true,
  description: true,
  status: true,
  tags: true,
  metadata: true,
} as const satisfies Record<keyof NewProject, true>;

const insertOne = prepareOnce((database) =>
  insertFree(database, [placeholdersFor(columns)]).prepare('insert_project'),
);

function insertFree(database: Database, rows: PgInsertValue<typeof projects>[]) {
  return database
    .insert(projects)
    .values(rows)
    .onConflictDoNothing({
      target: [projects.organizationId, projects.slug],
      where: sql`deleted_at is null`,
    })
    .returning();
}
