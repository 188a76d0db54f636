import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import { isAllowed } from '#lib/auth/permissions.ts';
import type { Context } from '#lib/context.ts';
import { apiKeys } from '#lib/db/schema/api-keys.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { openCursor } from '#lib/pagination/cursor.ts';
import { toPage } from '#lib/pagination/to-page.ts';
import type { ApiKeyPage, ListApiKeysQuery } from './schemas.ts';
import { visibleColumns } from './visible-columns.ts';

/** One page of the keys that are not revoked, newest first: the organization's for who manages members, else the actor's own. */
export async function listApiKeys(ctx: Context, { cursor, limit }: ListApiKeysQuery): Promise<ApiKeyPage> {
  const { organizationId, userId } = ctx.actor;
  const ownerId = isAllowed(ctx.actor, 'members:manage') ? undefined : userId;
  const scope = ['api-keys', organizationId, ownerId ?? 'all'];
  const after = cursor === undefined ? undefined : openCursor(scope, cursor);
  const rows = await getDatabase(ctx)
    .select(visibleColumns)
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.organizationId, organizationId),
        ownerId === undefined ? undefined : eq(apiKeys.userId, ownerId),
        isNull(apiKeys.revokedAt),
        // A row value, not OR: only this form is one index range.
        after && sql`(${apiKeys.createdAt}, ${apiKeys.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(desc(apiKeys.createdAt), desc(apiKeys.id))
    .limit(limit + 1);
  return toPage(rows, limit, scope, (row) => [row.createdAt, row.id]);
}
