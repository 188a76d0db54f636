import { isAllowed, type Permission } from '#lib/auth/permissions.ts';
import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { ProjectBatchInput, ProjectBatchResult, ProjectOperation } from './batch-schemas.ts';
import { createProject } from './create-project.ts';
import { deleteProject } from './delete-project.ts';
import { toItemError } from './item-error.ts';
import { updateProject } from './update-project.ts';

type ItemResult = ProjectBatchResult['results'][number];

const permissions = {
  create: 'projects:create',
  update: 'projects:update',
  delete: 'projects:delete',
} as const satisfies Record<ProjectOperation['operation'], Permission>;

/**
 * Runs the operations in order, in one transaction. Atomic: the first refusal is thrown and undoes all. Otherwise a refused
 * operation is undone alone and its result says why; failures that are no refusals undo all in both cases.
 */
export async function runProjectBatch(ctx: Context, input: ProjectBatchInput): Promise<ProjectBatchResult> {
  return withTransaction(ctx, async (tx) => {
    const results: ItemResult[] = [];
    // The verb's own transaction is a savepoint in this one.
    for (const [index, operation] of input.operations.entries())
      results.push(
        await runOperation({ ...ctx, db: tx }, operation).catch((error: unknown) => {
          if (!(error instanceof AppError)) throw error;
          if (input.isAtomic) throw atPosition(error, index);
          return { error: toItemError(error) };
        }),
      );
    return { results };
  });
}

async function runOperation(ctx: Context, operation: ProjectOperation): Promise<ItemResult> {
  const permission = permissions[operation.operation];
  if (!isAllowed(ctx.actor, permission))
    throw new AppError('forbidden', `This needs the permission ${permission}`);
  if (operation.operation === 'create') return { project: await createProject(ctx, operation.project) };
  const ifMatch = operation.ifVersion === undefined ? undefined : [operation.ifVersion];
  if (operation.operation === 'update')
    return { project: await updateProject(ctx, operation.id, operation.project, ifMatch) };
  await deleteProject(ctx, operation.id, ifMatch);
  return {};
}

/** The same failure, which says by position and pointer which operation it is. */
function atPosition(error: AppError, index: number): AppError {
  const { currentVersion: _, errors = [], ...options } = error.options;
  const position = `/operations/${index}`;
  const own = { in: 'body', pointer: position, code: error.code, detail: error.message } as const;
  return new AppError(error.code, `Operation ${index}: ${error.message}`, {
    ...options,
    errors:
      errors.length > 0 ? errors.map((e) => ({ ...e, pointer: `${position}/project${e.pointer}` })) : [own],
  });
}
