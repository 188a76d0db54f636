import type { Context } from '#lib/context.ts';
import { getPostgresError } from '#lib/db/get-postgres-error.ts';
import { AppError } from '#lib/errors/app-error.ts';

/** For `.catch` of a write: names the rule of the table that the project would break; other errors pass through. */
export function explainRefusal(
  ctx: Context,
  project: { slug?: string | undefined; ownerId?: string | undefined },
) {
  return (error: unknown): never => {
    const constraint = getPostgresError(error)?.constraint_name;
    if (constraint === 'projects_slug_key') throw slugTaken(project.slug);
    if (constraint === 'projects_owner_fk') throw ownerMissing(ctx, project.ownerId);
    throw error;
  };
}

export function slugTaken(slug: string | undefined): AppError {
  return new AppError('slug_taken', `Slug "${slug}" is already in use`);
}

/** Why nobody who is no member can own a project. */
export function ownerMissing(ctx: Context, ownerId: string | undefined): AppError {
  // Only a token that outlives the membership gets here with its own id.
  if (ownerId === ctx.actor.userId) return new AppError('unauthenticated', 'The membership no longer exists');
  return new AppError('validation_failed', 'The owner is not a member of this organization', {
    errors: [
      {
        in: 'body',
        pointer: '/ownerId',
        code: 'not_a_member',
        detail: 'must be a member of this organization',
      },
    ],
  });
}
