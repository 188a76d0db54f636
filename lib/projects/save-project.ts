import { eq, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { isUniqueViolation } from '#lib/db/sql-state.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { assertMember } from '#lib/organizations/assert-member.ts';
import type { Project, UpdateProjectInput } from './schemas.ts';

/** Writes the changed fields of a locked project as its next version, with the audit row. */
export async function saveProject(
  tx: Transaction,
  ctx: Context,
  before: Project,
  changes: UpdateProjectInput,
): Promise<Project> {
  if (changes.ownerId !== undefined && changes.ownerId !== before.ownerId)
    await assertMember(tx, ctx, changes.ownerId, '/ownerId');
  const [after] = await tx
    .update(projects)
    .set({ ...changes, version: sql`${projects.version} + 1`, updatedAt: sql`now()` })
    .where(eq(projects.id, before.id))
    .returning()
    .catch((error: unknown) => {
      if (isUniqueViolation(error, 'projects_slug_key'))
        throw new AppError('slug_taken', `Slug "${changes.slug}" is already in use`);
      throw error;
    });
  if (!after) throw new Error('the locked project is gone');
  await recordAuditEvent(tx, ctx, { action: 'project.update', entityId: after.id, before, after });
  return after;
}
