import { and, arrayContains, eq, isNull, type SQL, sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import type { Context } from '#lib/context.ts';
import { projects } from '#lib/db/schema/projects.ts';
import type { ProjectFilter } from './schemas.ts';

/** The condition for the organization's projects that pass every filter. */
export function passesFilter(ctx: Context, filter: ProjectFilter): SQL | undefined {
  return and(
    eq(projects.organizationId, ctx.actor.organizationId),
    isNull(projects.deletedAt),
    filter.status && eq(projects.status, filter.status),
    filter.ownerId ? eq(projects.ownerId, filter.ownerId) : undefined,
    isWithin(projects.createdAt, filter.createdAfter, filter.createdBefore),
    isWithin(projects.updatedAt, filter.updatedAfter, filter.updatedBefore),
    matchesSearch(filter),
  );
}

/** The part of the filter that no sorted index can answer; undefined when there is none. */
export function matchesSearch({ tag, q }: Pick<ProjectFilter, 'tag' | 'q'>): SQL | undefined {
  return and(tag ? arrayContains(projects.tags, [tag]) : undefined, q ? containsText(q) : undefined);
}

// As in the index: one text, and between its parts a character that nobody types.
function containsText(text: string): SQL {
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  return sql`(${projects.name} || chr(31) || ${projects.description}) ilike ${pattern}`;
}

function isWithin(column: AnyPgColumn, from?: string, before?: string): SQL | undefined {
  return and(
    from ? sql`${column} >= ${from}::timestamptz` : undefined,
    before ? sql`${column} < ${before}::timestamptz` : undefined,
  );
}
