import { and, eq, isNull } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { UserActor } from '#lib/auth/actor.ts';
import { findHome } from '#lib/auth/find-home.ts';
import { hashPassword } from '#lib/auth/passwords.ts';
import { getConfig } from '#lib/config/get-config.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { users } from '#lib/db/schema/users.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { queueMail } from '#lib/mail/queue-mail.ts';
import { acceptInvitation } from '#lib/organizations/accept-invitation.ts';
import { createOrganization } from '#lib/organizations/create-organization.ts';
import { issueAccountToken } from './account-tokens.ts';
import { alreadyRegisteredMail, verifyEmailMail } from './mails.ts';
import { assertUncommon } from './password-rules.ts';
import type { RegisterInput } from './schemas.ts';

/**
 * Stores an account with an organization of its own, or in the one that an open invitation to this address names. What
 * the caller sees does not tell whether the address had an account, nor does the time: only the mail does. Throws
 * `registration_closed` and `invitation_invalid`.
 */
export async function register(ctx: Context<undefined>, input: RegisterInput): Promise<void> {
  const { email, invitationToken } = input;
  if (invitationToken === undefined && getConfig().REGISTRATION === 'invitation')
    throw new AppError('registration_closed', 'Registration needs an invitation');
  assertUncommon(input.password, input, '/password');
  const passwordHash = await hashPassword(input.password);
  await withTransaction(ctx, async (tx) => {
    const inside = { ...ctx, db: tx };
    const created = await insertUser(tx, ctx, input, passwordHash);
    const userId = created ?? (await findUserId(tx, email));
    // Also for an account that is there: its answer must not differ when the invitation is not valid.
    if (invitationToken !== undefined) {
      await acceptInvitation(inside, { token: invitationToken, userId, email });
      await confirmAddress(tx, ctx, userId, passwordHash);
    }
    const actor =
      created !== undefined && invitationToken === undefined
        ? await foundOrganization(inside, userId, input)
        : await findHome(tx, userId);
    if (actor && created !== undefined)
      await recordAuditEvent(tx, { ...ctx, actor }, { action: 'user.register', entityId: userId });
    else if (actor)
      // Whoever it was need not be the owner of the account.
      await recordAuditEvent(
        tx,
        { ...ctx, actor: { type: 'system', jobId: 'register' } },
        { action: 'user.register_again', entityId: userId, organizationId: actor.organizationId },
      );
    await queueToken(tx, ctx, input, created !== undefined);
  });
}

async function insertUser(
  tx: Transaction,
  ctx: Context<undefined>,
  { email, name }: RegisterInput,
  passwordHash: string,
): Promise<string | undefined> {
  const at = ctx.now.toISOString();
  const [user] = await tx
    .insert(users)
    .values({
      id: uuidv7(),
      email,
      name,
      passwordHash,
      passwordChangedAt: at,
    })
    .onConflictDoNothing({ target: users.email })
    .returning({ id: users.id });
  return user?.id;
}

/** An invitation was mailed to this address: who has its token owns the account, whoever registered it before without proof. */
async function confirmAddress(
  tx: Transaction,
  { now }: Context<undefined>,
  userId: string,
  passwordHash: string,
): Promise<void> {
  const at = now.toISOString();
  await tx
    .update(users)
    .set({ passwordHash, passwordChangedAt: at, emailVerifiedAt: at })
    .where(and(eq(users.id, userId), isNull(users.emailVerifiedAt)));
}

async function findUserId(tx: Transaction, email: string): Promise<string> {
  const [user] = await tx.select({ id: users.id }).from(users).where(eq(users.email, email));
  if (!user) throw new Error('the account was removed meanwhile');
  return user.id;
}

async function foundOrganization(
  ctx: Context<undefined>,
  userId: string,
  { name, organizationName = name }: RegisterInput,
): Promise<UserActor> {
  const { id: organizationId } = await createOrganization(ctx, { name: organizationName, ownerId: userId });
  return { type: 'user', userId, organizationId, roles: ['owner'], session: undefined };
}

async function queueToken(
  tx: Transaction,
  ctx: Context<undefined>,
  { email, invitationToken }: RegisterInput,
  isNew: boolean,
): Promise<void> {
  if (isNew && invitationToken !== undefined) return;
  // Of an account that nobody has verified we do not know whose password it has: the link chooses another one.
  const purpose = isNew ? 'verify_email' : 'reset_password';
  const token = await issueAccountToken(tx, purpose, email, ctx.now);
  if (token) await queueMail(tx, (isNew ? verifyEmailMail : alreadyRegisteredMail)(email, token));
}
