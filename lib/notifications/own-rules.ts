import { and, eq, inArray, type SQL } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { notificationRules } from '#lib/db/schema/notification-rules.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { scopesOf } from './scopes.ts';

/** The rules of the actor's organization and scopes, or the one with that id. */
export function ownRules({ actor }: Context, id?: string): SQL | undefined {
  return and(
    eq(notificationRules.organizationId, actor.organizationId),
    inArray(notificationRules.scope, scopesOf(actor)),
    id === undefined ? undefined : eq(notificationRules.id, id),
  );
}

export function noRule(id: string): AppError {
  return new AppError('not_found', `There is no notification rule ${id}`);
}
