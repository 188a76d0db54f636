import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { UserActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { lockEnrolment } from './lock-enrolment.ts';
import { issueRecoveryCodes } from './recovery-codes.ts';
import type { RecoveryCodes } from './schemas.ts';

/** Ten new recovery codes; the old ones work no more. Throws `totp_not_enrolled`. */
export function replaceRecoveryCodes(ctx: Context<UserActor>): Promise<RecoveryCodes> {
  const { userId } = ctx.actor;
  return withTransaction(ctx, async (tx) => {
    const enrolment = await lockEnrolment(tx, userId);
    if (!enrolment?.confirmedAt)
      throw new AppError('totp_not_enrolled', 'Recovery codes belong to a second factor, and there is none');
    await recordAuditEvent(tx, ctx, { action: 'totp.recovery_codes_replaced', entityId: userId });
    return { recoveryCodes: await issueRecoveryCodes(tx, userId) };
  });
}
