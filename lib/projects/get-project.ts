import type { Context } from '#lib/context.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { isOwnProject, requireLive } from './live-project.ts';
import type { Project } from './schemas.ts';

/** The project, if it is one of the caller's organization: `gone` when deleted, `not_found` when there is none. */
export async function getProject(ctx: Context, id: string): Promise<Project> {
  const [project] = await getDatabase(ctx).select().from(projects).where(isOwnProject(ctx, id));
  return requireLive(ctx, id, project);
}
