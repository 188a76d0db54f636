import { and, desc, sql } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { notificationRules } from '#lib/db/schema/notification-rules.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { openCursor } from '#lib/pagination/cursor.ts';
import type { PageQuery } from '#lib/pagination/page-query.ts';
import { toPage } from '#lib/pagination/to-page.ts';
import { ownRules } from './own-rules.ts';
import type { NotificationRulePage } from './schemas.ts';
import { scopesOf } from './scopes.ts';
import { visibleColumns } from './visible-columns.ts';

/** One page of the rules that the actor may manage, newest first. */
export async function listNotificationRules(
  ctx: Context,
  { cursor, limit }: PageQuery,
): Promise<NotificationRulePage> {
  const scope = ['notification rules', ctx.actor.organizationId, scopesOf(ctx.actor)];
  const after = cursor === undefined ? undefined : openCursor(scope, cursor);
  const { createdAt, id } = notificationRules;
  const rows = await getDatabase(ctx)
    .select(visibleColumns)
    .from(notificationRules)
    .where(
      and(ownRules(ctx), after && sql`(${createdAt}, ${id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`),
    )
    .orderBy(desc(createdAt), desc(id))
    .limit(limit + 1);
  return toPage(rows, limit, scope, (row) => [row.createdAt, row.id]);
}
