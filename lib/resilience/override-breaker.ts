import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { readBreakers } from './read-breakers.ts';
import type { CircuitBreaker, OverrideBreakerInput } from './schemas.ts';
import { setOverride } from './set-override.ts';

/** Holds a breaker open or closed, on every instance within 5 seconds, until the time is over; it knows then what it knew before. */
export async function overrideBreaker(
  ctx: Context,
  name: string,
  { state, expiresInSeconds, reason }: OverrideBreakerInput,
): Promise<CircuitBreaker> {
  await withTransaction(ctx, async (tx) => {
    const before = await setOverride(name, state, expiresInSeconds * 1000);
    await recordAuditEvent(tx, ctx, {
      action: 'breaker.override',
      entityId: ctx.actor.userId,
      before: { override: before },
      after: { name, override: state, expiresInSeconds, reason },
    });
  });
  const [breaker] = await readBreakers([name]);
  return breaker as CircuitBreaker;
}
