import { and, arrayContains, eq, ilike, isNull, or, type SQL, sql } from 'drizzle-orm';
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
    filter.tag ? arrayContains(projects.tags, [filter.tag]) : undefined,
    filter.q ? containsText(filter.q) : undefined,
    isWithin(projects.createdAt, filter.createdAfter, filter.createdBefore),
    isWithin(projects.updatedAt, filter.updatedAfter, filter.updatedBefore),
  );
}

function containsText(text: string): SQL | undefined {
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  return or(ilike(projects.name, pattern), ilike(projects.description, pattern));
}

function isWithin(column: AnyPgColumn, from?: string, before?: string): SQL | undefined {
  return and(
    from ? sql`${column} >= ${from}::timestamptz` : undefined,
    before ? sql`${column} < ${before}::timestamptz` : undefined,
  );
}
