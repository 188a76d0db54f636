import { and, eq, getTableColumns, inArray, type SQL } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { notifications } from '#lib/db/schema/notifications.ts';
import { scopesOf } from './scopes.ts';

const {
  organizationId: _,
  scope: _scope,
  subjectState: _state,
  begunAt: _begun,
  ...columns
} = getTableColumns(notifications);

/** What a client sees of a notification. */
export const notificationColumns = columns;

/** The notifications of the actor's organization and scopes. */
export function ownNotifications({ actor }: Context): SQL | undefined {
  return and(
    eq(notifications.organizationId, actor.organizationId),
    inArray(notifications.scope, scopesOf(actor)),
  );
}
