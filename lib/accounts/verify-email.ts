import { eq, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import { findHome } from '#lib/auth/find-home.ts';
import { verifyPassword } from '#lib/auth/passwords.ts';
import type { Context } from '#lib/context.ts';
import { users } from '#lib/db/schema/users.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { useAccountToken } from './account-tokens.ts';
import type { VerifyEmailInput } from './schemas.ts';

/**
 * Marks the address of an account as its owner's, who may log in from now on. The password shows that the mailbox belongs to who
 * chose it: anybody may have registered the address before. Throws `invalid_account_token`, or `invalid_credentials` and the token
 * still works.
 */
export async function verifyEmail(
  ctx: Context<undefined>,
  { token, password }: VerifyEmailInput,
): Promise<void> {
  await withTransaction(ctx, async (tx) => {
    const { id: userId, passwordHash } = await useAccountToken(tx, 'verify_email', token, ctx.now);
    if (!(await verifyPassword(password, passwordHash ?? undefined)))
      throw new AppError('invalid_credentials', 'The account was registered with another password');
    await tx
      .update(users)
      .set({ emailVerifiedAt: sql`coalesce(${users.emailVerifiedAt}, ${ctx.now.toISOString()})` })
      .where(eq(users.id, userId));
    const actor = await findHome(tx, userId);
    if (actor)
      await recordAuditEvent(tx, { ...ctx, actor }, { action: 'user.verify_email', entityId: userId });
  });
}
