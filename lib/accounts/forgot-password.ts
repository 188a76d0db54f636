import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { queueDecoy, queueMail } from '#lib/mail/queue-mail.ts';
import { issueAccountToken } from './account-tokens.ts';
import { resetPasswordMail } from './mails.ts';
import type { ForgotPasswordInput } from './schemas.ts';

/** Mails the owner of an account a link to choose a new password; for any other address it does the same statements. */
export async function forgotPassword(ctx: Context<undefined>, { email }: ForgotPasswordInput): Promise<void> {
  await withTransaction(ctx, async (tx) => {
    const token = await issueAccountToken(tx, 'reset_password', email, ctx.now);
    if (token) await queueMail(tx, resetPasswordMail(email, token));
    else await queueDecoy(tx);
  });
}
