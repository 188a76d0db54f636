import { isDeepStrictEqual } from 'node:util';
import { and, eq, type SQL, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { laterInstant } from '#lib/db/later-instant.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { invalidateTag } from '#lib/resilience/cache.ts';
import { explainRefusal } from './explain-refusal.ts';
import { isOwnProject, requireProject, selectForUpdate, staleVersion } from './live-project.ts';
import { projectsTag } from './projects-tag.ts';
import type { Project, UpdateProjectInput } from './schemas.ts';

type Changes = UpdateProjectInput & { deletedAt?: SQL | null };

/**
 * Writes the changed fields of a locked project as its next version, with the audit row. Changes that leave everything as
 * it is write nothing: the project is returned as it was.
 */
export async function saveProject(
  tx: Transaction,
  ctx: Context,
  before: Project,
  changes: Changes,
  action: `project.${string}` = 'project.update',
): Promise<Project> {
  if (changesNothing(before, changes)) return before;
  const [after] = await tx
    .update(projects)
    .set({ ...changes, version: sql`${projects.version} + 1`, updatedAt: laterInstant(projects.updatedAt) })
    // The row is locked already; a caller that forgets to loses no update either.
    .where(and(isOwnProject(ctx, before.id), eq(projects.version, before.version)))
    .returning()
    .catch(explainRefusal(ctx, { slug: before.slug, ...changes }));
  if (!after) throw staleVersion(requireProject(before.id, await selectForUpdate(tx, ctx, before.id)));
  invalidateTag(projectsTag(ctx.actor.organizationId));
  await recordAuditEvent(tx, ctx, { action, entityId: after.id, before, after });
  return after;
}

function changesNothing(before: Project, changes: Changes): boolean {
  const fields = Object.entries(changes) as [keyof Changes, unknown][];
  return fields.every(([field, value]) => value === undefined || isDeepStrictEqual(value, before[field]));
}
