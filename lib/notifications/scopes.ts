import type { Actor } from '#lib/auth/actor.ts';
import { isAllowed } from '#lib/auth/permissions.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { NotificationScope } from './schemas.ts';

/** Who has `notifications:manage` manages the scopes of their roles, an API key those of its owner. */
const needed = { organization: 'organization:update', platform: 'ops:read' } as const;

/** The scopes whose rules and notifications the actor manages. */
export function scopesOf({ roles }: Actor): NotificationScope[] {
  return (['organization', 'platform'] as const).filter((scope) => isAllowed({ roles }, needed[scope]));
}

/** Throws `forbidden` unless the actor may make rules of that scope. */
export function assertScope(actor: Actor, scope: NotificationScope): void {
  if (!scopesOf(actor).includes(scope))
    throw new AppError('forbidden', `Rules of the scope ${scope} need the permission ${needed[scope]}`);
}
