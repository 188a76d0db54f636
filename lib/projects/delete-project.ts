import { eq, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { lockProject } from './live-project.ts';

/** Deletes a project softly: nobody sees it any more, its slug is free, and a job purges it after 30 days. */
export async function deleteProject(ctx: Context, id: string, ifMatch?: readonly number[]): Promise<void> {
  await withTransaction(ctx, async (tx) => {
    const project = await lockProject(tx, ctx, id, ifMatch);
    await tx
      .update(projects)
      .set({ deletedAt: sql`now()`, version: sql`${projects.version} + 1` })
      .where(eq(projects.id, project.id));
    await recordAuditEvent(tx, ctx, { action: 'project.delete', entityId: project.id, before: project });
  });
}
