import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { setOverride } from './set-override.ts';

/** Ends an override before its time. */
export async function endBreakerOverride(ctx: Context, name: string): Promise<void> {
  await withTransaction(ctx, async (tx) => {
    const before = await setOverride(name, null, 0);
    await recordAuditEvent(tx, ctx, {
      action: 'breaker.end_override',
      entityId: ctx.actor.userId,
      before: { override: before },
      after: { name, override: null },
    });
  });
}
