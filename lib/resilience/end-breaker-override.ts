import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { readBreaker } from './read-breakers.ts';
import { setOverride } from './set-override.ts';

/** Ends an override before its time. When it fails, the end may be on record while the override still holds: it can be sent again. */
export async function endBreakerOverride(ctx: Context, name: string): Promise<void> {
  const { override: before } = await readBreaker(name);
  await withTransaction(ctx, (tx) =>
    recordAuditEvent(tx, ctx, {
      action: 'breaker.end_override',
      entityId: ctx.actor.userId,
      before: { override: before?.state ?? null },
      after: { name, override: null },
    }),
  );
  await setOverride(name, null, 0);
}
