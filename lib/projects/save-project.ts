import { and, eq, type SQL, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { explainRefusal } from './explain-refusal.ts';
import { isOwnProject } from './live-project.ts';
import type { Project, UpdateProjectInput } from './schemas.ts';

type Changes = UpdateProjectInput & { deletedAt?: SQL | null };

/** Writes the changed fields of a locked project as its next version, with the audit row. */
export async function saveProject(
  tx: Transaction,
  ctx: Context,
  before: Project,
  changes: Changes,
  action: `project.${string}` = 'project.update',
): Promise<Project> {
  const [after] = await tx
    .update(projects)
    .set({ ...changes, version: sql`${projects.version} + 1`, updatedAt: sql`now()` })
    // The row is locked already; a caller that forgets to loses no update either.
    .where(and(isOwnProject(ctx, before.id), eq(projects.version, before.version)))
    .returning()
    .catch(explainRefusal(ctx, { slug: before.slug, ...changes }));
  if (!after) throw new AppError('precondition_failed', `The project is past version ${before.version}`);
  await recordAuditEvent(tx, ctx, { action, entityId: after.id, before, after });
  return after;
}
