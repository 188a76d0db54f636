import type { Actor } from '#lib/auth/actor.ts';
import { isAllowed } from '#lib/auth/permissions.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { NotificationScope } from './schemas.ts';

/** Who has `notifications:manage` needs this as well. */
const needed = { organization: 'organization:update', platform: 'ops:read' } as const;

/** The scopes whose rules and notifications the actor manages. */
export function scopesOf(actor: Actor): NotificationScope[] {
  // An API key acts for its organization by the role of its owner; for the platform only when it was given that permission.
  const byScope = { organization: { roles: actor.roles }, platform: actor };
  return (['organization', 'platform'] as const).filter((scope) => isAllowed(byScope[scope], needed[scope]));
}

/** Throws `forbidden` unless the actor may make rules of that scope. */
export function assertScope(actor: Actor, scope: NotificationScope): void {
  if (!scopesOf(actor).includes(scope))
    throw new AppError('forbidden', `Rules of the scope ${scope} need the permission ${needed[scope]}`);
}
