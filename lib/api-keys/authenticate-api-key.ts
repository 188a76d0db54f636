import { timingSafeEqual } from 'node:crypto';
import { and, eq, gt, isNull, or, sql } from 'drizzle-orm';
import type { ApiKeyActor } from '#lib/auth/actor.ts';
import { rolesOf } from '#lib/auth/find-roles.ts';
import type { Permission } from '#lib/auth/permissions.ts';
import { type Database, getPool } from '#lib/db/client.ts';
import { apiKeys } from '#lib/db/schema/api-keys.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { users } from '#lib/db/schema/users.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { ApiKeyCredential } from './key-format.ts';

/**
 * Who acts with the key, with the roles its owner has now, in one statement; so what is revoked, ended or demoted counts at once.
 * Throws `unauthenticated`, with the same words for every reason. Notes the use at most once a minute.
 */
export async function authenticateApiKey(
  { id, secretHash }: ApiKeyCredential,
  now: Date,
  database: Database = getPool(),
): Promise<ApiKeyActor> {
  const at = now.toISOString();
  const lives = and(
    eq(apiKeys.id, id),
    isNull(apiKeys.revokedAt),
    or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, at)),
  );
  const isOverlapping = gt(apiKeys.previousExpiresAt, at);
  // PostgreSQL compares hashes to note the use; it lets nobody in, and how long it takes tells nothing of the secret behind a hash.
  const noted = database.$with('noted').as(
    database
      .update(apiKeys)
      .set({ lastUsedAt: at })
      .where(
        and(
          lives,
          or(
            eq(apiKeys.secretHash, secretHash),
            and(eq(apiKeys.previousSecretHash, secretHash), isOverlapping),
          ),
          or(
            isNull(apiKeys.lastUsedAt),
            sql`${apiKeys.lastUsedAt} <= ${at}::timestamptz - interval '1 minute'`,
          ),
        ),
      )
      .returning({ id: apiKeys.id }),
  );
  const [key] = await database
    .with(noted)
    .select({
      userId: apiKeys.userId,
      organizationId: apiKeys.organizationId,
      scopes: apiKeys.scopes,
      secretHash: apiKeys.secretHash,
      previousSecretHash: sql<
        string | null
      >`case when ${isOverlapping} then ${apiKeys.previousSecretHash} end`,
      role: memberships.role,
      isOperator: users.isOperator,
    })
    .from(apiKeys)
    .innerJoin(
      memberships,
      and(eq(memberships.organizationId, apiKeys.organizationId), eq(memberships.userId, apiKeys.userId)),
    )
    .innerJoin(users, eq(users.id, apiKeys.userId))
    .where(lives);
  if (!key || ![key.secretHash, key.previousSecretHash].some((stored) => isSame(stored, secretHash)))
    throw new AppError('unauthenticated', 'The API key is not valid: unknown, expired or revoked');
  const { userId, organizationId, scopes } = key;
  return {
    type: 'api_key',
    keyId: id,
    userId,
    organizationId,
    roles: rolesOf(key),
    scopes: scopes as Permission[],
  };
}

function isSame(stored: string | null, presented: string): boolean {
  return stored?.length === presented.length && timingSafeEqual(Buffer.from(stored), Buffer.from(presented));
}
