import { eq } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { UserActor } from '#lib/auth/actor.ts';
import { verifyPassword } from '#lib/auth/passwords.ts';
import type { Context } from '#lib/context.ts';
import { users } from '#lib/db/schema/users.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { ChangePasswordInput } from './schemas.ts';
import { setPassword } from './set-password.ts';

/** Sets a new password for who knows the current one, and ends the other sessions. Throws `validation_failed`. */
export async function changePassword(
  ctx: Context<UserActor>,
  { currentPassword, newPassword }: ChangePasswordInput,
): Promise<void> {
  const { userId, session } = ctx.actor;
  await withTransaction(ctx, async (tx) => {
    const [user] = await tx.select().from(users).where(eq(users.id, userId)).for('no key update');
    if (!user) throw new AppError('unauthenticated', 'The account no longer exists');
    if (!(await verifyPassword(currentPassword, user.passwordHash ?? undefined)))
      throw new AppError('validation_failed', 'The current password is another one', {
        errors: [
          {
            in: 'body',
            pointer: '/currentPassword',
            code: 'wrong_password',
            detail: 'is not the current one',
          },
        ],
      });
    await recordAuditEvent(tx, ctx, { action: 'user.change_password', entityId: userId });
    await setPassword(tx, {
      user,
      password: newPassword,
      pointer: '/newPassword',
      exceptSessionId: session?.id,
      now: ctx.now,
    });
  });
}
