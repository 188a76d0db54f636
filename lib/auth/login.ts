import { asc, eq } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Context } from '#lib/context.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { users } from '#lib/db/schema/users.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { issueAccessToken } from './issue-access-token.ts';
import { verifyPassword } from './passwords.ts';
import type { AccessToken, LoginInput } from './schemas.ts';

/** Exchanges email and password for an access token to the user's oldest organization. */
export async function login(ctx: Context<undefined>, input: LoginInput): Promise<AccessToken> {
  const [user] = await getDatabase(ctx)
    .select({
      id: users.id,
      passwordHash: users.passwordHash,
      isOperator: users.isOperator,
      organizationId: memberships.organizationId,
      role: memberships.role,
    })
    .from(users)
    .innerJoin(memberships, eq(memberships.userId, users.id))
    .where(eq(users.email, input.email))
    .orderBy(asc(memberships.createdAt))
    .limit(1);
  const isCorrect = await verifyPassword(input.password, user?.passwordHash);
  if (!user || !isCorrect) throw new AppError('invalid_credentials', 'Email or password is wrong');
  return issueAccessToken(
    {
      type: 'user',
      userId: user.id,
      organizationId: user.organizationId,
      roles: user.isOperator ? [user.role, 'operator'] : [user.role],
      sessionId: uuidv7(),
    },
    ctx.now,
  );
}
