import { isNull } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { UserActor } from '#lib/auth/actor.ts';
import { getCurrentUser } from '#lib/auth/get-current-user.ts';
import { seal } from '#lib/auth/seal.ts';
import { getConfig } from '#lib/config/get-config.ts';
import type { Context } from '#lib/context.ts';
import { totpEnrolments } from '#lib/db/schema/totp-enrolments.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { createSecret, otpauthUriOf } from './authenticator.ts';
import type { TotpEnrolment } from './schemas.ts';

/** A new secret, which counts once it is confirmed; replaces one that never was. Throws `totp_already_enrolled`. */
export function enrolTotp(ctx: Context<UserActor>): Promise<TotpEnrolment> {
  const { userId } = ctx.actor;
  const secret = createSecret();
  const pending = { sealedSecret: seal('totp', secret), createdAt: ctx.now.toISOString() };
  return withTransaction(ctx, async (tx) => {
    const { email } = await getCurrentUser({ ...ctx, db: tx });
    const stored = await tx
      .insert(totpEnrolments)
      .values({ userId, ...pending })
      .onConflictDoUpdate({
        target: totpEnrolments.userId,
        set: { ...pending, lastUsedStep: 0, failedAttempts: 0, nextAttemptAt: null },
        setWhere: isNull(totpEnrolments.confirmedAt),
      })
      .returning({ userId: totpEnrolments.userId });
    if (stored.length === 0)
      throw new AppError('totp_already_enrolled', 'There is a second factor: remove it first');
    await recordAuditEvent(tx, ctx, { action: 'totp.enrol', entityId: userId });
    const issuer = new URL(getConfig().PUBLIC_URL).hostname;
    return { secret, otpauthUri: otpauthUriOf(secret, { issuer, account: email }) };
  });
}
