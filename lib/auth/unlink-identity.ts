import { and, eq } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { externalIdentities } from '#lib/db/schema/external-identities.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { UserActor } from './actor.ts';
import type { IdentityQuery } from './schemas.ts';

/** Ends what `linkIdentity` began; `not_found` when the identity is not the actor's. */
export function unlinkIdentity(ctx: Context<UserActor>, { issuer, subject }: IdentityQuery): Promise<void> {
  const { userId } = ctx.actor;
  return withTransaction(ctx, async (tx) => {
    const removed = await tx
      .delete(externalIdentities)
      .where(
        and(
          eq(externalIdentities.issuer, issuer),
          eq(externalIdentities.subject, subject),
          eq(externalIdentities.userId, userId),
        ),
      )
      .returning({ userId: externalIdentities.userId });
    if (removed.length === 0) throw new AppError('not_found', 'There is no such linked identity');
    await recordAuditEvent(tx, ctx, {
      action: 'identity.unlink',
      entityId: userId,
      before: { issuer, subject },
    });
  });
}
