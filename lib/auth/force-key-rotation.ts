import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { runAtEnd } from '#lib/invocation.ts';
import { createSigningKey } from './create-signing-key.ts';
import { forgetKeyRing } from './key-ring.ts';
import { announceNext, lockKeys, move } from './rotate-signing-keys.ts';
import type { RotateSigningKeysInput } from './schemas.ts';

/**
 * Begins a rotation before its time. When the current key is compromised it is revoked at once, with every key before it, and a new
 * one signs: instances that still hold the old one find out within five minutes, without the database within fifteen.
 */
export async function forceKeyRotation(
  ctx: Context,
  { isCompromised }: RotateSigningKeysInput,
): Promise<void> {
  await withTransaction(ctx, async (tx) => {
    await lockKeys(tx);
    if (isCompromised) {
      await move(tx, ctx, 'retiring', 'revoked', 0);
      await move(tx, ctx, 'current', 'revoked', 0);
      await createSigningKey(tx, 'current', ctx.now);
    } else await announceNext(tx, ctx);
    await recordAuditEvent(tx, ctx, {
      action: 'signing_keys.rotate',
      entityId: ctx.actor.userId,
      after: { isCompromised },
    });
  });
  // Behind the transaction, also where it is a part of another one.
  runAtEnd(forgetKeyRing);
}
