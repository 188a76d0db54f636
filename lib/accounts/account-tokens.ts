import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import { createToken, hashToken } from '#lib/auth/hash-token.ts';
import type { Transaction } from '#lib/db/client.ts';
import { type accountTokenPurposes, accountTokens } from '#lib/db/schema/account-tokens.ts';
import { users } from '#lib/db/schema/users.ts';
import { AppError } from '#lib/errors/app-error.ts';

type User = typeof users.$inferSelect;
type Purpose = (typeof accountTokenPurposes)[number];

const lifetimeMs = { verify_email: 24 * 3_600_000, reset_password: 3_600_000 } as const;

/**
 * Stores a new token for the account with this address and returns it; undefined when there is no such account, by the
 * same one statement.
 */
export async function issueAccountToken(
  tx: Transaction,
  purpose: Purpose,
  email: string,
  now: Date,
): Promise<string | undefined> {
  const token = createToken();
  const account = tx
    .select({
      tokenHash: sql`${hashToken(token)}::text`.as('token_hash'),
      userId: users.id,
      purpose: sql`${purpose}::text`.as('purpose'),
      createdAt: sql`${now.toISOString()}::timestamptz`.as('created_at'),
      expiresAt: sql`${new Date(now.getTime() + lifetimeMs[purpose]).toISOString()}::timestamptz`.as(
        'expires_at',
      ),
      usedAt: sql`null::timestamptz`.as('used_at'),
    })
    .from(users)
    .where(eq(users.email, email));
  const issued = await tx.insert(accountTokens).select(account).returning({ userId: accountTokens.userId });
  return issued.length > 0 ? token : undefined;
}

/** Uses a token up and returns whose it is, locked; of two uses at once one wins. Throws `invalid_account_token`. */
export async function useAccountToken(
  tx: Transaction,
  purpose: Purpose,
  token: string,
  now: Date,
): Promise<User> {
  const at = now.toISOString();
  // The account before the token: who sets a password goes on to all tokens of the account.
  const [account] = await tx
    .select({ user: users })
    .from(accountTokens)
    .innerJoin(users, eq(users.id, accountTokens.userId))
    .where(eq(accountTokens.tokenHash, hashToken(token)))
    .for('no key update', { of: users });
  const [used] = await tx
    .update(accountTokens)
    .set({ usedAt: at })
    .where(
      and(
        eq(accountTokens.tokenHash, hashToken(token)),
        eq(accountTokens.purpose, purpose),
        isNull(accountTokens.usedAt),
        gt(accountTokens.expiresAt, at),
      ),
    )
    .returning({ userId: accountTokens.userId });
  if (!(account && used))
    throw new AppError('invalid_account_token', 'The link is not valid any more: ask for a new one');
  return account.user;
}

/** Uses up whatever else could set the password of an account. */
export async function invalidateResetTokens(tx: Transaction, userId: string, now: Date): Promise<void> {
  await tx
    .update(accountTokens)
    .set({ usedAt: now.toISOString() })
    .where(
      and(
        eq(accountTokens.userId, userId),
        eq(accountTokens.purpose, 'reset_password'),
        isNull(accountTokens.usedAt),
      ),
    );
}
