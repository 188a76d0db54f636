import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { explainRefusal, slugTaken } from './explain-refusal.ts';
import { insertProjects, newProject } from './insert-projects.ts';
import type { CreateProjectInput, Project } from './schemas.ts';

/** Creates a project in the caller's organization; the slug is unique among its projects. */
export async function createProject(ctx: Context, input: CreateProjectInput): Promise<Project> {
  const row = newProject(ctx, input);
  return withTransaction(ctx, async (tx) => {
    const [project] = await insertProjects(tx, ctx, [row]).catch(explainRefusal(ctx, row));
    if (!project) throw slugTaken(row.slug);
    return project;
  });
}
