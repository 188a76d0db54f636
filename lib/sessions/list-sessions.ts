import { and, desc, eq, gt, isNull } from 'drizzle-orm';
import type { UserActor } from '#lib/auth/actor.ts';
import { getConfig } from '#lib/config/get-config.ts';
import type { Context } from '#lib/context.ts';
import { sessions } from '#lib/db/schema/sessions.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { idleSeconds } from './lifetime.ts';
import type { SessionList } from './schemas.ts';

/** The actor's own sessions that live, in every organization, newest first, a hundred at most. */
export async function listSessions(ctx: Context<UserActor>): Promise<SessionList> {
  // A use since the last refresh is known to Redis alone, and is no later than the last access token.
  const idleMs = (idleSeconds + getConfig().ACCESS_TOKEN_TTL_SECONDS) * 1000;
  const items = await getDatabase(ctx)
    .select()
    .from(sessions)
    .where(
      and(
        eq(sessions.userId, ctx.actor.userId),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, ctx.now.toISOString()),
        gt(sessions.lastUsedAt, new Date(ctx.now.getTime() - idleMs).toISOString()),
      ),
    )
    .orderBy(desc(sessions.createdAt))
    .limit(100);
  return { items: items.map((session) => ({ ...session, isCurrent: session.id === ctx.actor.session?.id })) };
}
