import { eq, sql } from 'drizzle-orm';
import { hashPassword } from '#lib/auth/passwords.ts';
import type { Transaction } from '#lib/db/client.ts';
import { users } from '#lib/db/schema/users.ts';
import { queueMail } from '#lib/mail/queue-mail.ts';
import { endSessions } from '#lib/sessions/end-sessions.ts';
import { invalidateResetTokens } from './account-tokens.ts';
import { passwordChangedMail } from './mails.ts';
import { assertUncommon } from './password-rules.ts';

type User = typeof users.$inferSelect;

interface NewPassword {
  readonly user: User;
  readonly password: string;
  readonly pointer: '/password' | '/newPassword';
  /** Whether the caller has shown to receive the mail of the account. */
  readonly provesEmail?: true;
  readonly exceptSessionId?: string | undefined;
  readonly now: Date;
}

/** The last step of a transaction that sets a password: ends sessions and reset links, and mails the owner. */
export async function setPassword(
  tx: Transaction,
  { user, password, pointer, provesEmail, exceptSessionId, now }: NewPassword,
): Promise<void> {
  assertUncommon(password, user, pointer);
  const at = now.toISOString();
  await tx
    .update(users)
    .set({
      passwordHash: await hashPassword(password),
      passwordChangedAt: at,
      ...(provesEmail && { emailVerifiedAt: sql`coalesce(${users.emailVerifiedAt}, ${at})` }),
    })
    .where(eq(users.id, user.id));
  await invalidateResetTokens(tx, user.id, now);
  await queueMail(tx, passwordChangedMail(user.email));
  await endSessions(tx, { userId: user.id, exceptId: exceptSessionId }, now);
}
