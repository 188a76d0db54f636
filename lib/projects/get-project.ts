import { and, eq, sql } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { prepareOnce } from '#lib/db/prepare-once.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { requireLive } from './live-project.ts';
import type { Project } from './schemas.ts';

const selectById = prepareOnce((database) =>
  database
    .select()
    .from(projects)
    .where(
      and(
        eq(projects.id, sql.placeholder('id')),
        eq(projects.organizationId, sql.placeholder('organizationId')),
      ),
    )
    .prepare('project_by_id'),
);

/** The project, if it is one of the caller's organization: `gone` when deleted, `not_found` when there is none. */
export async function getProject(ctx: Context, id: string): Promise<Project> {
  const { organizationId } = ctx.actor;
  const [project] = await selectById(getDatabase(ctx)).execute({ id, organizationId });
  return requireLive(ctx, id, project);
}
