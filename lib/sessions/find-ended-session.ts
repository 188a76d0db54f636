import { and, desc, gt, isNotNull } from 'drizzle-orm';
import type { Actor, ActorSession, UserActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { sessions } from '#lib/db/schema/sessions.ts';
import { getDatabase } from '#lib/db/transaction.ts';

/** Who acted in the session that was ended last, of those that would live otherwise; undefined when there is none. */
export async function findEndedSession(
  ctx: Context<Actor>,
): Promise<(UserActor & { session: ActorSession }) | undefined> {
  const [session] = await getDatabase(ctx)
    .select({
      id: sessions.id,
      userId: sessions.userId,
      organizationId: sessions.organizationId,
      generation: sessions.generation,
    })
    .from(sessions)
    .where(and(isNotNull(sessions.revokedAt), gt(sessions.expiresAt, ctx.now.toISOString())))
    .orderBy(desc(sessions.revokedAt))
    .limit(1);
  if (!session) return undefined;
  const { id, generation, userId, organizationId } = session;
  return {
    type: 'user',
    userId,
    organizationId,
    roles: ['viewer'],
    session: { id, generation, authenticatedAtSeconds: 0 },
  };
}
