import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { requireProject, requireVersion, selectForUpdate } from './live-project.ts';
import { retentionStart } from './retention.ts';
import { saveProject } from './save-project.ts';
import type { Project } from './schemas.ts';

/**
 * Undoes a deletion of the last 30 days; `gone` when it is older, `not_deleted` when there is none to undo, `slug_taken`
 * when another project has the slug by now.
 */
export async function restoreProject(
  ctx: Context,
  id: string,
  ifMatch?: readonly number[],
): Promise<Project> {
  return withTransaction(ctx, async (tx) => {
    const project = requireProject(id, await selectForUpdate(tx, ctx, id));
    if (project.deletedAt === null) throw new AppError('not_deleted', `The project ${id} is not deleted`);
    if (new Date(project.deletedAt) < retentionStart(ctx.now))
      throw new AppError('gone', `The project ${id} was deleted too long ago to be restored`);
    requireVersion(project, ifMatch);
    return saveProject(tx, ctx, project, { deletedAt: null }, 'project.restore');
  });
}
