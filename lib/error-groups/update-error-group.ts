import { eq, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { errorGroups } from '#lib/db/schema/error-groups.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { getErrorGroup } from './get-error-group.ts';
import type { ErrorGroup, UpdateErrorGroupInput } from './schemas.ts';

/** Opens, resolves or ignores a group; resolved it opens again by itself when another release than its last has it. */
export async function updateErrorGroup(
  ctx: Context,
  id: string,
  { state }: UpdateErrorGroupInput,
): Promise<ErrorGroup> {
  return withTransaction(ctx, async (tx) => {
    const before = await getErrorGroup({ ...ctx, db: tx }, id);
    const resolvedRelease = state === 'resolved' ? errorGroups.lastRelease : null;
    const [after] = await tx
      .update(errorGroups)
      .set({ state, resolvedRelease: sql`${resolvedRelease}`, updatedAt: sql`now()` })
      .where(eq(errorGroups.id, id))
      .returning();
    await recordAuditEvent(tx, ctx, {
      action: 'error_group.update',
      entityId: id,
      before: { state: before.state },
      after: { state },
    });
    return after as ErrorGroup;
  });
}
