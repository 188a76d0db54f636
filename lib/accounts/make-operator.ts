import { eq } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { SystemActor } from '#lib/auth/actor.ts';
import { findHome } from '#lib/auth/find-home.ts';
import { createToken } from '#lib/auth/hash-token.ts';
import { hashPassword } from '#lib/auth/passwords.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { users } from '#lib/db/schema/users.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { createOrganization } from '#lib/organizations/create-organization.ts';

/**
 * Lets an account run the platform, with its next access token. Where there is none, it is founded with an organization of
 * its own, and its password is returned: nobody else knows it. Refuses an account whose address nobody has confirmed, as it
 * may be a stranger's.
 */
export function makeOperator(
  ctx: Context<SystemActor>,
  { email, name }: { email: string; name: string },
): Promise<{ userId: string; password?: string }> {
  return withTransaction(ctx, async (tx) => {
    const [known] = await tx
      .select({ userId: users.id, isOperator: users.isOperator, confirmedAt: users.emailVerifiedAt })
      .from(users)
      .where(eq(users.email, email))
      .for('update');
    if (!known) return foundOperator({ ...ctx, db: tx }, tx, { email, name });
    const { userId, isOperator, confirmedAt } = known;
    if (!confirmedAt) throw new Error(`${email} has registered, but not confirmed that address yet`);
    if (isOperator) return { userId };
    await tx.update(users).set({ isOperator: true }).where(eq(users.id, userId));
    const home = await findHome(tx, userId);
    if (home) await recordPromotion(tx, ctx, userId, home.organizationId);
    return { userId };
  });
}

async function foundOperator(
  ctx: Context<SystemActor>,
  tx: Transaction,
  { email, name }: { email: string; name: string },
): Promise<{ userId: string; password: string }> {
  const password = createToken();
  const at = ctx.now.toISOString();
  const userId = uuidv7();
  await tx.insert(users).values({
    id: userId,
    email,
    name,
    passwordHash: await hashPassword(password),
    passwordChangedAt: at,
    emailVerifiedAt: at,
    isOperator: true,
  });
  const { id: organizationId } = await createOrganization(
    { ...ctx, actor: undefined },
    { name, ownerId: userId },
  );
  await recordPromotion(tx, ctx, userId, organizationId);
  return { userId, password };
}

function recordPromotion(
  tx: Transaction,
  ctx: Context<SystemActor>,
  userId: string,
  organizationId: string,
): Promise<void> {
  return recordAuditEvent(tx, ctx, {
    action: 'user.make_operator',
    entityId: userId,
    organizationId,
    before: { isOperator: false },
    after: { isOperator: true },
  });
}
