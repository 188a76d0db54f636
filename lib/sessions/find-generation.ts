import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import { getPool } from '#lib/db/client.ts';
import { sessions } from '#lib/db/schema/sessions.ts';
import { idleSeconds } from './lifetime.ts';

/** The generation of a session that lives, as PostgreSQL knows it; undefined when it has ended, or idled since its last refresh. */
export async function findGeneration(id: string, now: Date): Promise<number | undefined> {
  const at = now.toISOString();
  const [session] = await getPool()
    .select({ generation: sessions.generation })
    .from(sessions)
    .where(
      and(
        eq(sessions.id, id),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, at),
        gt(sessions.lastUsedAt, sql`${at}::timestamptz - make_interval(secs => ${idleSeconds})`),
      ),
    );
  return session?.generation;
}
