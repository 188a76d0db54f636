import { and, desc, eq, sql } from 'drizzle-orm';
import type { Actor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { deprecatedCalls } from '#lib/db/schema/deprecated-calls.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { openCursor } from '#lib/pagination/cursor.ts';
import { toPage } from '#lib/pagination/to-page.ts';
import type { DeprecatedCallsPage, ListDeprecatedCallsQuery } from './deprecation-schemas.ts';
import type { OperationFacts } from './operation-facts.ts';

/** One page of who calls deprecated operations, last seen first: of the platform, whatever the organization of the caller. */
export async function listDeprecatedCalls(
  ctx: Context<Actor>,
  { operation, cursor, limit }: ListDeprecatedCallsQuery,
  facts: OperationFacts,
): Promise<DeprecatedCallsPage> {
  const scope = ['deprecated-calls', operation ?? ''];
  const after = cursor === undefined ? undefined : openCursor(scope, cursor);
  const { id, lastSeenAt } = deprecatedCalls;
  const rows = await getDatabase(ctx)
    .select()
    .from(deprecatedCalls)
    .where(
      and(
        operation === undefined ? undefined : eq(deprecatedCalls.operation, operation),
        after && sql`(${lastSeenAt}, ${id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(desc(lastSeenAt), desc(id))
    .limit(limit + 1);
  const routes = new Map(facts.endpoints.map(({ id, method, path }) => [id, `${method} ${path}`]));
  const named = rows.map((row) => ({ ...row, route: routes.get(row.operation) ?? row.operation }));
  return toPage(named, limit, scope, (row) => [row.lastSeenAt, row.id]);
}
