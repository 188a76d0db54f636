import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import type { AppError } from '#lib/errors/app-error.ts';
import { lockMembers } from '#lib/organizations/lock-members.ts';
import { ownerMissing, slugTaken } from './explain-refusal.ts';
import type { ImportLine, ProjectImportResult } from './import-schemas.ts';
import { insertProjects, type NewProject, newProject } from './insert-projects.ts';
import { toItemError } from './item-error.ts';

/**
 * Creates a project for each line that can be one, in three statements however many there are. Another line is answered
 * with the reason and holds none back; of two lines with one slug the first is created.
 */
export async function importProjects(
  ctx: Context,
  lines: readonly ImportLine[],
): Promise<ProjectImportResult> {
  const { userId } = ctx.actor;
  const drafts = lines.map((line) =>
    'input' in line ? { line: line.line, row: newProject(ctx, line.input) } : line,
  );
  const rows = drafts.flatMap((draft) => ('row' in draft ? [draft.row] : []));
  return withTransaction(ctx, async (tx) => {
    const members = await lockMembers(tx, ctx, [userId, ...rows.map(({ ownerId }) => ownerId)]);
    if (!members.has(userId)) throw ownerMissing(ctx, userId);
    const owned = rows.filter(({ ownerId }) => members.has(ownerId));
    const created = new Set((await insertProjects(tx, ctx, owned)).map(({ id }) => id));
    const toResult = ({ id, slug, ownerId }: NewProject) => {
      if (created.has(id)) return { projectId: id };
      return refuse(members.has(ownerId) ? slugTaken(slug) : ownerMissing(ctx, ownerId));
    };
    return {
      created: created.size,
      failed: lines.length - created.size,
      results: drafts.map((draft) => ({
        line: draft.line,
        ...('row' in draft ? toResult(draft.row) : refuse(draft.error)),
      })),
    };
  });
}

function refuse(error: AppError) {
  return { error: toItemError(error) };
}
