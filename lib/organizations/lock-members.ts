import { and, eq, inArray } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { memberships } from '#lib/db/schema/memberships.ts';

/** Which of the users are members of the caller's organization; they stay it until the transaction ends. */
export async function lockMembers(
  tx: Transaction,
  ctx: Context,
  userIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const { organizationId } = ctx.actor;
  const rows = await tx
    .select({ userId: memberships.userId })
    .from(memberships)
    .where(
      and(eq(memberships.organizationId, organizationId), inArray(memberships.userId, [...new Set(userIds)])),
    )
    .for('key share');
  return new Set(rows.map(({ userId }) => userId));
}
