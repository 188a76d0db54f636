import { eq } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { UserActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { recoveryCodes } from '#lib/db/schema/recovery-codes.ts';
import { totpEnrolments } from '#lib/db/schema/totp-enrolments.ts';
import { withTransaction } from '#lib/db/transaction.ts';

/** Afterwards the actor has no second factor and no recovery codes, confirmed or not. */
export function removeTotp(ctx: Context<UserActor>): Promise<void> {
  const { userId } = ctx.actor;
  return withTransaction(ctx, async (tx) => {
    const removed = await tx
      .delete(totpEnrolments)
      .where(eq(totpEnrolments.userId, userId))
      .returning({ userId: totpEnrolments.userId });
    await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
    if (removed.length > 0) await recordAuditEvent(tx, ctx, { action: 'totp.remove', entityId: userId });
  });
}
