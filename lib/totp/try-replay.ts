import type { UserActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { codeAt, periodMs } from './authenticator.ts';
import { confirmTotp } from './confirm-totp.ts';
import { enrolTotp } from './enrol-totp.ts';
import { lockEnrolment } from './lock-enrolment.ts';
import { removeTotp } from './remove-totp.ts';
import { tryCode } from './try-code.ts';

/**
 * Whether a code passes a second time, and whether the next one passes. Replaces the actor's second factor: only in a transaction that
 * is rolled back.
 */
export async function tryReplay(ctx: Context<UserActor> & { db: Transaction }) {
  await removeTotp(ctx);
  const { secret } = await enrolTotp(ctx);
  const code = codeAt(secret, ctx.now);
  await confirmTotp(ctx, { code });
  const attempt = async (attempted: string, now: Date) => {
    const enrolment = await lockEnrolment(ctx.db, ctx.actor.userId);
    return enrolment !== undefined && (await tryCode(ctx.db, enrolment, attempted, now)) !== undefined;
  };
  const later = new Date(ctx.now.getTime() + periodMs);
  return {
    isReplayAccepted: await attempt(code, ctx.now),
    isNextAccepted: await attempt(codeAt(secret, later), later),
  };
}
