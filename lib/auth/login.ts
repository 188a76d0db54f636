import { asc, eq } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { users } from '#lib/db/schema/users.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { type Client, createSession } from '#lib/sessions/create-session.ts';
import type { SessionTokens } from '#lib/sessions/schemas.ts';
import { verifySecondFactor } from '#lib/totp/verify-second-factor.ts';
import { verifyPassword } from './passwords.ts';
import type { LoginInput } from './schemas.ts';

/** Exchanges email and password, and a code where there is a second factor, for a session in the user's oldest organization. */
export async function login(
  ctx: Context<undefined>,
  input: LoginInput,
  client: Client,
): Promise<SessionTokens> {
  const [user] = await getDatabase(ctx)
    .select({
      id: users.id,
      passwordHash: users.passwordHash,
      emailVerifiedAt: users.emailVerifiedAt,
      organizationId: memberships.organizationId,
    })
    .from(users)
    .leftJoin(memberships, eq(memberships.userId, users.id))
    .where(eq(users.email, input.email))
    .orderBy(asc(memberships.createdAt))
    .limit(1);
  const isCorrect = await verifyPassword(input.password, user?.passwordHash ?? undefined);
  if (!user || !isCorrect) throw new AppError('invalid_credentials', 'Email or password is wrong');
  if (!user.emailVerifiedAt) throw new AppError('email_unverified', 'Follow the link in the mail first');
  // After the password, so that a stranger neither learns of the second factor nor delays its owner.
  const secondFactor = await verifySecondFactor(ctx, user.id, input.code);
  if (!user.organizationId)
    throw new AppError('no_organization', 'The account is in no organization: it needs an invitation');
  return createSession(ctx, {
    userId: user.id,
    organizationId: user.organizationId,
    passwordHash: user.passwordHash,
    authenticationMethods: secondFactor ? ['pwd', secondFactor] : ['pwd'],
    client,
  });
}
