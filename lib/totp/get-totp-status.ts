import { and, count, eq, isNotNull, isNull } from 'drizzle-orm';
import type { UserActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { recoveryCodes } from '#lib/db/schema/recovery-codes.ts';
import { totpEnrolments } from '#lib/db/schema/totp-enrolments.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import type { TotpStatus } from './schemas.ts';

/** Whether the actor's log-ins need a code, and how many recovery codes are left. */
export async function getTotpStatus(ctx: Context<UserActor>): Promise<TotpStatus> {
  const [enrolment] = await getDatabase(ctx)
    .select({ recoveryCodesLeft: count(recoveryCodes.codeHash) })
    .from(totpEnrolments)
    .leftJoin(
      recoveryCodes,
      and(eq(recoveryCodes.userId, totpEnrolments.userId), isNull(recoveryCodes.usedAt)),
    )
    .where(and(eq(totpEnrolments.userId, ctx.actor.userId), isNotNull(totpEnrolments.confirmedAt)))
    .groupBy(totpEnrolments.userId);
  return { isEnrolled: enrolment !== undefined, recoveryCodesLeft: enrolment?.recoveryCodesLeft ?? 0 };
}
