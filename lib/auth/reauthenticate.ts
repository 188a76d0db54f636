import { eq } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { users } from '#lib/db/schema/users.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { verifySecondFactor } from '#lib/totp/verify-second-factor.ts';
import type { UserActor } from './actor.ts';
import { verifyPassword } from './passwords.ts';

/**
 * Has the actor prove once more who they are, and returns how (as in `amr`): by a code where there is a second factor, for then a
 * password alone is not enough; else by the password. Throws `mfa_required`, `invalid_mfa_code` or `invalid_credentials`.
 */
export async function reauthenticate(
  ctx: Context<UserActor>,
  { password, code }: { password?: string | undefined; code?: string | undefined },
): Promise<string> {
  const { userId } = ctx.actor;
  const factor = await verifySecondFactor(ctx, userId, code);
  if (factor) return factor;
  const [user] = await getDatabase(ctx)
    .select({ passwordHash: users.passwordHash })
    .from(users)
    .where(eq(users.id, userId));
  const isCorrect =
    password !== undefined && (await verifyPassword(password, user?.passwordHash ?? undefined));
  if (!isCorrect) throw new AppError('invalid_credentials', 'The password is wrong');
  return 'pwd';
}
