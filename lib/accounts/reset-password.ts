import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import { findHome } from '#lib/auth/find-home.ts';
import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { useAccountToken } from './account-tokens.ts';
import type { ResetPasswordInput } from './schemas.ts';
import { setPassword } from './set-password.ts';

/**
 * Sets a new password by a mailed token, which also proves the address, and ends every session of the account. Throws
 * `invalid_account_token`, and `validation_failed` for a common password, which does not use the token up.
 */
export async function resetPassword(
  ctx: Context<undefined>,
  { token, password }: ResetPasswordInput,
): Promise<void> {
  await withTransaction(ctx, async (tx) => {
    const user = await useAccountToken(tx, 'reset_password', token, ctx.now);
    const actor = await findHome(tx, user.id);
    if (actor)
      await recordAuditEvent(tx, { ...ctx, actor }, { action: 'user.reset_password', entityId: user.id });
    await setPassword(tx, { user, password, pointer: '/password', provesEmail: true, now: ctx.now });
  });
}
