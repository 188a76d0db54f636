import { eq, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { explainRefusal } from './explain-refusal.ts';
import type { Project, UpdateProjectInput } from './schemas.ts';

/** Writes the changed fields of a locked project as its next version, with the audit row. */
export async function saveProject(
  tx: Transaction,
  ctx: Context,
  before: Project,
  changes: UpdateProjectInput,
): Promise<Project> {
  const [after] = await tx
    .update(projects)
    .set({ ...changes, version: sql`${projects.version} + 1`, updatedAt: sql`now()` })
    .where(eq(projects.id, before.id))
    .returning()
    .catch(explainRefusal(ctx, changes));
  if (!after) throw new Error('the locked project is gone');
  await recordAuditEvent(tx, ctx, { action: 'project.update', entityId: after.id, before, after });
  return after;
}
