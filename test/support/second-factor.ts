import { TOTP } from 'otpauth';
import { hashPassword } from '#lib/auth/passwords.ts';
import { confirmTotp } from '#lib/totp/confirm-totp.ts';
import { enrolTotp } from '#lib/totp/enrol-totp.ts';
import { contextOf, type Member, sql } from './tenant.ts';

/** What an authenticator app shows at an instant. */
export function codeAt(secret: string, instant: Date): string {
  return new TOTP({ secret }).generate({ timestamp: instant.getTime() });
}

/** Six digits that are no code of an instant, nor of the time steps beside it. */
export function wrongCodeAt(secret: string, instant: Date): string {
  const right = [-30_000, 0, 30_000].map((ms) => codeAt(secret, new Date(instant.getTime() + ms)));
  return String(['000000', '111111', '222222', '333333'].find((code) => !right.includes(code)));
}

/** A confirmed second factor, its first code used long enough ago that the codes of now are unused. */
export async function giveSecondFactor({ actor }: Member) {
  const earlier = new Date(Date.now() - 10 * 60_000);
  const ctx = contextOf(actor, earlier);
  const { secret } = await enrolTotp(ctx);
  const { recoveryCodes } = await confirmTotp(ctx, { code: codeAt(secret, earlier) });
  return { secret, recoveryCodes };
}

// A hash takes 40 ms on purpose, and tests have few passwords.
const hashes = new Map<string, Promise<string>>();

export async function setPassword({ userId }: Pick<Member, 'userId'>, password: string): Promise<void> {
  const hash = hashes.get(password) ?? hashPassword(password);
  hashes.set(password, hash);
  await sql`update users set password_hash = ${await hash} where id = ${userId}`;
}
