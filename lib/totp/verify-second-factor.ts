import { and, eq, isNotNull } from 'drizzle-orm';
import type { UserActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { getPool } from '#lib/db/client.ts';
import { totpEnrolments } from '#lib/db/schema/totp-enrolments.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { lockEnrolment } from './lock-enrolment.ts';
import { type SecondFactor, tryCode } from './try-code.ts';

/**
 * Uses up a code of a user who has a second factor; undefined for who has none. Ask only who has proved a first factor or has a
 * session, for failures delay the account. Throws `mfa_required`, `invalid_mfa_code` or `rate_limited`.
 */
export async function verifySecondFactor(
  ctx: Context<UserActor | undefined>,
  userId: string,
  code: string | undefined,
): Promise<SecondFactor | undefined> {
  if (!(await isEnrolled(userId))) return undefined;
  if (code === undefined)
    throw new AppError('mfa_required', 'Send `code` too: from the authenticator app, or a recovery code');
  // A transaction of its own: the failure has to be counted even though the request fails.
  const factor = await getPool().transaction(async (tx) => {
    const enrolment = await lockEnrolment(tx, userId);
    return enrolment?.confirmedAt ? tryCode(tx, enrolment, code, ctx.now) : undefined;
  });
  if (!factor) throw new AppError('invalid_mfa_code', 'The code is wrong or was used before');
  return factor;
}

async function isEnrolled(userId: string): Promise<boolean> {
  const confirmed = await getPool()
    .select({ userId: totpEnrolments.userId })
    .from(totpEnrolments)
    .where(and(eq(totpEnrolments.userId, userId), isNotNull(totpEnrolments.confirmedAt)));
  return confirmed.length > 0;
}
