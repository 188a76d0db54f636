import { and, desc, eq, sql } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { notifications } from '#lib/db/schema/notifications.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { openCursor } from '#lib/pagination/cursor.ts';
import { toPage } from '#lib/pagination/to-page.ts';
import type { ListNotificationsQuery, NotificationPage } from './schemas.ts';
import { scopesOf } from './scopes.ts';
import { notificationColumns, ownNotifications } from './visible-notification.ts';

/** One page of what the actor's rules tell and have told in 90 days, newest first, with the log of each delivery. */
export async function listNotifications(
  ctx: Context,
  { state, ruleId, cursor, limit }: ListNotificationsQuery,
): Promise<NotificationPage> {
  const { organizationId } = ctx.actor;
  const scope = ['notifications', organizationId, scopesOf(ctx.actor), state ?? '', ruleId ?? ''];
  const after = cursor === undefined ? undefined : openCursor(scope, cursor);
  const { createdAt, id } = notifications;
  const rows = await getDatabase(ctx)
    .select(notificationColumns)
    .from(notifications)
    .where(
      and(
        ownNotifications(ctx),
        state && eq(notifications.state, state),
        ruleId === undefined ? undefined : eq(notifications.ruleId, ruleId),
        after && sql`(${createdAt}, ${id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(desc(createdAt), desc(id))
    .limit(limit + 1);
  return toPage(rows, limit, scope, (row) => [row.createdAt, row.id]);
}
