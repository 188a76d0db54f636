import { and, eq, isNull, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { UserActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { apiKeys } from '#lib/db/schema/api-keys.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { generateKey } from './key-format.ts';
import type { NewApiKey, RotateApiKeyInput } from './schemas.ts';
import { visibleColumns } from './visible-columns.ts';

/**
 * Gives one of the actor's own keys a new secret; the one before works until the overlap ends, and any older one ends now. Nobody
 * rotates the key of another member, for they would act in that member's name. Throws `not_found` and `api_key_expired`.
 */
export function rotateApiKey(
  ctx: Context<UserActor>,
  id: string,
  { overlapSeconds }: RotateApiKeyInput,
): Promise<NewApiKey> {
  const { key, secretHash } = generateKey(id);
  const hasOverlap = overlapSeconds > 0;
  const overlapEnd = new Date(ctx.now.getTime() + overlapSeconds * 1000).toISOString();
  return withTransaction(ctx, async (tx) => {
    const [apiKey] = await tx
      .update(apiKeys)
      .set({
        secretHash,
        rotatedAt: ctx.now.toISOString(),
        // Not a hash that has ended: an instance whose clock is behind would go on accepting it.
        previousSecretHash: hasOverlap ? sql`${apiKeys.secretHash}` : null,
        previousExpiresAt: hasOverlap ? overlapEnd : null,
      })
      .where(
        and(
          eq(apiKeys.id, id),
          eq(apiKeys.organizationId, ctx.actor.organizationId),
          eq(apiKeys.userId, ctx.actor.userId),
          isNull(apiKeys.revokedAt),
        ),
      )
      .returning(visibleColumns);
    if (!apiKey) throw new AppError('not_found', `There is no API key ${id}`);
    if (apiKey.expiresAt !== null && Date.parse(apiKey.expiresAt) <= ctx.now.getTime())
      throw new AppError('api_key_expired', 'The API key has expired: create a new one');
    const { rotatedAt, previousExpiresAt } = apiKey;
    await recordAuditEvent(tx, ctx, {
      action: 'api_key.rotate',
      entityId: id,
      after: { rotatedAt, previousExpiresAt },
    });
    return { ...apiKey, key };
  });
}
