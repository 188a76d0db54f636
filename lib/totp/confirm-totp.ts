import { eq } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { UserActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { totpEnrolments } from '#lib/db/schema/totp-enrolments.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { lockEnrolment } from './lock-enrolment.ts';
import { issueRecoveryCodes } from './recovery-codes.ts';
import type { ConfirmTotpInput, RecoveryCodes } from './schemas.ts';
import { tryCode } from './try-code.ts';

/**
 * Switches the second factor on with its first code, which is used up by that, and returns the recovery codes. Throws
 * `totp_not_enrolled`, `totp_already_enrolled`, `invalid_mfa_code` or `rate_limited`.
 */
export async function confirmTotp(
  ctx: Context<UserActor>,
  { code }: ConfirmTotpInput,
): Promise<RecoveryCodes> {
  const { userId } = ctx.actor;
  const codes = await withTransaction(ctx, async (tx) => {
    const enrolment = await lockEnrolment(tx, userId);
    if (!enrolment) throw new AppError('totp_not_enrolled', 'There is no secret to confirm: enrol first');
    if (enrolment.confirmedAt) throw new AppError('totp_already_enrolled', 'It was confirmed before');
    if (!(await tryCode(tx, enrolment, code, ctx.now))) return undefined;
    await tx
      .update(totpEnrolments)
      .set({ confirmedAt: ctx.now.toISOString() })
      .where(eq(totpEnrolments.userId, userId));
    await recordAuditEvent(tx, ctx, { action: 'totp.confirm', entityId: userId });
    return issueRecoveryCodes(tx, userId);
  });
  if (!codes) throw new AppError('invalid_mfa_code', 'The code is wrong or was used before');
  return { recoveryCodes: codes };
}
