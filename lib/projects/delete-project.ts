import type { Context } from '#lib/context.ts';
import { laterInstant } from '#lib/db/later-instant.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { lockProject } from './live-project.ts';
import { saveProject } from './save-project.ts';

/** Deletes a project softly: its slug is free, it can be restored for 30 days, and then a job purges it. */
export async function deleteProject(ctx: Context, id: string, ifMatch?: readonly number[]): Promise<void> {
  await withTransaction(ctx, async (tx) => {
    const project = await lockProject(tx, ctx, id, ifMatch);
    const deletedAt = laterInstant(projects.updatedAt);
    await saveProject(tx, ctx, project, { deletedAt }, 'project.delete');
  });
}
