import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { lockProject } from './live-project.ts';
import { mergePatch } from './merge-patch.ts';
import { saveProject } from './save-project.ts';
import { type Project, ProjectMetadata, type UpdateProjectInput } from './schemas.ts';

/** Changes the given fields of a project and merges `metadata` (RFC 7396); `ifMatch` as in replaceProject. */
export async function updateProject(
  ctx: Context,
  id: string,
  patch: UpdateProjectInput,
  ifMatch?: readonly number[],
): Promise<Project> {
  return withTransaction(ctx, async (tx) => {
    const project = await lockProject(tx, ctx, id, ifMatch);
    if (!patch.metadata) return saveProject(tx, ctx, project, patch);
    const metadata = ProjectMetadata.safeParse(mergePatch(project.metadata, patch.metadata));
    if (!metadata.success)
      throw new AppError('validation_failed', 'The merged metadata is too large', {
        errors: [
          {
            in: 'body',
            pointer: '/metadata',
            code: 'too_big',
            detail: 'must not exceed 16 KB after merging',
          },
        ],
      });
    return saveProject(tx, ctx, project, { ...patch, metadata: metadata.data });
  });
}
