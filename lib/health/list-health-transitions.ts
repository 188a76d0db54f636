import { desc, lt } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { healthTransitions } from '#lib/db/schema/health-transitions.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { openCursor } from '#lib/pagination/cursor.ts';
import type { PageQuery } from '#lib/pagination/page-query.ts';
import { toPage } from '#lib/pagination/to-page.ts';
import type { HealthHistoryPage } from './schemas.ts';

const scope = ['health transitions'];

/** One page of what has changed in the last 30 days, newest first. */
export async function listHealthTransitions(
  ctx: Context,
  { cursor, limit }: PageQuery,
): Promise<HealthHistoryPage> {
  const [after] = cursor === undefined ? [] : openCursor(scope, cursor);
  const rows = await getDatabase(ctx)
    .select()
    .from(healthTransitions)
    .where(after === undefined ? undefined : lt(healthTransitions.id, Number(after)))
    .orderBy(desc(healthTransitions.id))
    .limit(limit + 1);
  return toPage(rows, limit, scope, ({ id }) => [String(id)]);
}
