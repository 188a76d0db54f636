import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { lockProject } from './live-project.ts';
import { saveProject } from './save-project.ts';
import type { Project, ReplaceProjectInput } from './schemas.ts';

/** Replaces every field of a project; `ifMatch` lists the versions it may replace, undefined means any. */
export async function replaceProject(
  ctx: Context,
  id: string,
  input: ReplaceProjectInput,
  ifMatch?: readonly number[],
): Promise<Project> {
  return withTransaction(ctx, async (tx) =>
    saveProject(tx, ctx, await lockProject(tx, ctx, id, ifMatch), input),
  );
}
