import { and, eq, isNull } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { UserActor } from '#lib/auth/actor.ts';
import { isAllowed } from '#lib/auth/permissions.ts';
import type { Context } from '#lib/context.ts';
import { apiKeys } from '#lib/db/schema/api-keys.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';

/** Ends a key of the actor, or any of the organization for who manages members, from its next request on; else `not_found`. */
export async function revokeApiKey(ctx: Context<UserActor>, id: string): Promise<void> {
  const { actor, now } = ctx;
  await withTransaction(ctx, async (tx) => {
    const [apiKey] = await tx
      .update(apiKeys)
      .set({ revokedAt: now.toISOString() })
      .where(
        and(
          eq(apiKeys.id, id),
          eq(apiKeys.organizationId, actor.organizationId),
          isAllowed(actor, 'members:manage') ? undefined : eq(apiKeys.userId, actor.userId),
          isNull(apiKeys.revokedAt),
        ),
      )
      .returning({ revokedAt: apiKeys.revokedAt });
    if (!apiKey) throw new AppError('not_found', `There is no API key ${id}`);
    await recordAuditEvent(tx, ctx, { action: 'api_key.revoke', entityId: id, after: apiKey });
  });
}
