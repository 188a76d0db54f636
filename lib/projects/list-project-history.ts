import { listAuditEvents } from '#lib/audit/list-audit-events.ts';
import type { AuditPage } from '#lib/audit/schemas.ts';
import type { Context } from '#lib/context.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import type { PageQuery } from '#lib/pagination/page-query.ts';
import { isOwnProject, requireProject } from './live-project.ts';

/** One page of what happened to a project, newest first; of a deleted one too, until it is purged. */
export async function listProjectHistory(ctx: Context, id: string, query: PageQuery): Promise<AuditPage> {
  const [project] = await getDatabase(ctx)
    .select({ id: projects.id })
    .from(projects)
    .where(isOwnProject(ctx, id));
  requireProject(id, project);
  return listAuditEvents(ctx, { ...query, entityId: id });
}
