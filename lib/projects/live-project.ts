import { and, eq, type SQL } from 'drizzle-orm';
import { isAllowed } from '#lib/auth/permissions.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { Project } from './schemas.ts';

/** The condition every access by id starts from: this project, in the caller's organization, deleted or not. */
export function isOwnProject(ctx: Context, id: string): SQL | undefined {
  return and(eq(projects.id, id), eq(projects.organizationId, ctx.actor.organizationId));
}

/** The row, if there is one; else `not_found`: the same for an id that never was and for one of another organization. */
export function requireProject<P>(id: string, project: P | undefined): P {
  if (!project) throw new AppError('not_found', `There is no project ${id}`);
  return project;
}

/** The row, if it is not deleted; else `gone` for those who could see it and `not_found` for everybody else. */
export function requireLive(ctx: Context, id: string, row: Project | undefined): Project {
  const isVisible = row?.deletedAt === null || isAllowed(ctx.actor, 'projects:read');
  const project = requireProject(id, isVisible ? row : undefined);
  if (project.deletedAt !== null) throw new AppError('gone', `The project ${id} was deleted`);
  return project;
}

/**
 * The project, locked until the transaction ends; throws what requireLive does, and `precondition_failed` when
 * `ifMatch` names only other versions than the current one.
 */
export async function lockProject(
  tx: Transaction,
  ctx: Context,
  id: string,
  ifMatch: readonly number[] | undefined,
): Promise<Project> {
  const project = requireLive(ctx, id, await selectForUpdate(tx, ctx, id));
  requireVersion(project, ifMatch);
  return project;
}

/** The row, deleted or not, locked until the transaction ends. */
export async function selectForUpdate(
  tx: Transaction,
  ctx: Context,
  id: string,
): Promise<Project | undefined> {
  const [row] = await tx.select().from(projects).where(isOwnProject(ctx, id)).for('update');
  return row;
}

/** Throws `precondition_failed` unless `ifMatch` names the current version; undefined means any. */
export function requireVersion(project: Project, ifMatch: readonly number[] | undefined): void {
  if (ifMatch && !ifMatch.includes(project.version)) throw staleVersion(project);
}

/** The refusal of a change to another version than the current one, which it names. */
export function staleVersion({ version }: Project): AppError {
  return new AppError('precondition_failed', `The project is at version ${version}`, {
    currentVersion: version,
  });
}
