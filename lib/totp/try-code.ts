import { eq } from 'drizzle-orm';
import { unseal } from '#lib/auth/seal.ts';
import type { Transaction } from '#lib/db/client.ts';
import { totpEnrolments } from '#lib/db/schema/totp-enrolments.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { attemptDelaySeconds } from './attempt-delay.ts';
import { findTimeStep } from './authenticator.ts';
import type { Enrolment } from './lock-enrolment.ts';
import { useRecoveryCode } from './recovery-codes.ts';
import { sixDigits } from './schemas.ts';

/** As in `amr`: `otp` is a code of the app; for a recovery code RFC 8176 has no closer word than `mfa`. */
export type SecondFactor = 'otp' | 'mfa';

/**
 * Uses a code up, or counts a failure and answers undefined: the transaction has to commit then too. The enrolment must be locked
 * in it. Throws `rate_limited` while earlier failures delay the next attempt.
 */
export async function tryCode(
  tx: Transaction,
  enrolment: Enrolment,
  code: string,
  now: Date,
): Promise<SecondFactor | undefined> {
  assertNotDelayed(enrolment, now);
  const used = await useCode(tx, enrolment, code, now);
  const failures = used ? 0 : enrolment.failedAttempts + 1;
  const delayMs = attemptDelaySeconds(failures) * 1000;
  await tx
    .update(totpEnrolments)
    .set({
      lastUsedStep: used?.step ?? enrolment.lastUsedStep,
      failedAttempts: failures,
      nextAttemptAt: delayMs === 0 ? null : new Date(now.getTime() + delayMs).toISOString(),
    })
    .where(eq(totpEnrolments.userId, enrolment.userId));
  return used?.method;
}

function assertNotDelayed({ nextAttemptAt }: Enrolment, now: Date): void {
  const waitMs = nextAttemptAt === null ? 0 : Date.parse(nextAttemptAt) - now.getTime();
  if (waitMs > 0)
    throw new AppError('rate_limited', 'Too many wrong codes: wait before the next one', {
      retryAfterSeconds: Math.ceil(waitMs / 1000),
    });
}

async function useCode(
  tx: Transaction,
  { userId, sealedSecret, lastUsedStep }: Enrolment,
  code: string,
  now: Date,
): Promise<{ method: SecondFactor; step?: number } | undefined> {
  // Apps show the digits in two groups.
  const digits = code.replace(/\s/g, '');
  if (!sixDigits.test(digits))
    return (await useRecoveryCode(tx, { userId, code, now })) ? { method: 'mfa' } : undefined;
  const step = findTimeStep(unseal('totp', sealedSecret), digits, now);
  return step !== undefined && step > lastUsedStep ? { method: 'otp', step } : undefined;
}
