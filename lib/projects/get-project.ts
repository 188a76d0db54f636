import type { Context } from '#lib/context.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { isLiveProject, projectNotFound } from './live-project.ts';
import type { Project } from './schemas.ts';

/** The project, if it is one of the caller's organization and not deleted; `not_found` otherwise. */
export async function getProject(ctx: Context, id: string): Promise<Project> {
  const [project] = await getDatabase(ctx).select().from(projects).where(isLiveProject(ctx, id));
  return project ?? projectNotFound(id);
}
