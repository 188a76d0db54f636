import type { Context } from '#lib/context.ts';
import { listProjects } from './list-projects.ts';
import type { ExportProjectsQuery, ProjectPage } from './schemas.ts';

/** One page of the projects that pass the filter, oldest first: what is created meanwhile comes at the end. */
export async function exportProjects(ctx: Context, query: ExportProjectsQuery): Promise<ProjectPage> {
  return listProjects(ctx, { ...query, sort: 'createdAt' });
}
