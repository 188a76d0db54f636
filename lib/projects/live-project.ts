import { and, eq, isNull, type SQL } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { Project } from './schemas.ts';

/** The condition every access by id starts from: this project, in the caller's organization, not deleted. */
export function isLiveProject(ctx: Context, id: string): SQL | undefined {
  return and(
    eq(projects.id, id),
    eq(projects.organizationId, ctx.actor.organizationId),
    isNull(projects.deletedAt),
  );
}

/** Throws `not_found`: the same for an id that never was and for one of another organization. */
export function projectNotFound(id: string): never {
  throw new AppError('not_found', `There is no project ${id}`);
}

/**
 * The project, locked until the transaction ends; `not_found` when there is none, `precondition_failed` when
 * `ifMatch` names only other versions than the current one.
 */
export async function lockProject(
  tx: Transaction,
  ctx: Context,
  id: string,
  ifMatch: readonly number[] | undefined,
): Promise<Project> {
  const [project] = await tx.select().from(projects).where(isLiveProject(ctx, id)).for('update');
  if (!project) projectNotFound(id);
  if (ifMatch && !ifMatch.includes(project.version))
    throw new AppError('precondition_failed', `The project is at version ${project.version}`, {
      currentVersion: project.version,
    });
  return project;
}
