import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { readBreaker } from './read-breakers.ts';
import type { CircuitBreaker, OverrideBreakerInput } from './schemas.ts';
import { setOverride } from './set-override.ts';

/**
 * Holds a breaker open or closed, on every instance within 5 seconds, until the time is over; it knows then what it knew before. When it
 * fails, the override may be on record without holding: it can be sent again.
 */
export async function overrideBreaker(
  ctx: Context,
  name: string,
  { state, expiresInSeconds, reason }: OverrideBreakerInput,
): Promise<CircuitBreaker> {
  const { override: before } = await readBreaker(name);
  await withTransaction(ctx, (tx) =>
    recordAuditEvent(tx, ctx, {
      action: 'breaker.override',
      entityId: ctx.actor.userId,
      before: { override: before?.state ?? null },
      after: { name, override: state, expiresInSeconds, reason },
    }),
  );
  return setOverride(name, state, expiresInSeconds * 1000);
}
