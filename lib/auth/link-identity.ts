import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { externalIdentities } from '#lib/db/schema/external-identities.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { UserActor } from './actor.ts';
import { issuerOf } from './issuer-of.ts';
import type { Identity, LinkIdentityInput } from './schemas.ts';
import { verifyExternalToken } from './verify-external-token.ts';

/**
 * Links the actor's account to a subject of a trusted issuer, whose access token proves it: from then on such tokens log this account
 * in. Throws `validation_failed` for a token that proves nothing, `identity_taken` when it is another account's.
 */
export async function linkIdentity(
  ctx: Context<UserActor>,
  { accessToken }: LinkIdentityInput,
): Promise<Identity> {
  const { issuer, subject } = await prove(accessToken, ctx.now);
  return withTransaction(ctx, async (tx) => {
    const { userId } = ctx.actor;
    const [identity] = await tx
      .insert(externalIdentities)
      .values({ issuer, subject, userId })
      .onConflictDoNothing()
      .returning();
    if (!identity) throw new AppError('identity_taken', 'This identity is already linked to an account');
    await recordAuditEvent(tx, ctx, {
      action: 'identity.link',
      entityId: userId,
      after: { issuer, subject },
    });
    return identity;
  });
}

async function prove(token: string, now: Date) {
  try {
    return await verifyExternalToken(token, issuerOf(token) ?? '', now);
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'unauthenticated')) throw error;
    const detail = error.message;
    throw new AppError('validation_failed', detail, {
      errors: [{ in: 'body', pointer: '/accessToken', code: 'invalid_token', detail }],
    });
  }
}
