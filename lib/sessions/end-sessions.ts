import { and, eq, gt, isNull, ne, type SQL, sql } from 'drizzle-orm';
import type { Transaction } from '#lib/db/client.ts';
import { sessions } from '#lib/db/schema/sessions.ts';
import { tellFleet } from './fleet-state.ts';

interface Selection {
  readonly userId: string;
  readonly organizationId?: string;
  readonly id?: string;
  readonly exceptId?: string | undefined;
}

/** Ends the sessions of a user, here and on every instance; throws `unavailable` when Redis does not take it, so that neither happens. */
export async function endSessions(tx: Transaction, selection: Selection, now: Date): Promise<number> {
  const at = now.toISOString();
  const ended = await tx
    .update(sessions)
    .set({ revokedAt: at })
    .where(and(selects(selection), isNull(sessions.revokedAt), gt(sessions.expiresAt, at)))
    .returning({ id: sessions.id });
  await tellFleet(ended.map(({ id }) => ({ id, generation: 0 })));
  return ended.length;
}

/** Makes the access tokens of a user in an organization invalid on every instance, so that the next ones carry the roles of now. */
export async function renewSessions(tx: Transaction, selection: Selection, now: Date): Promise<void> {
  const renewed = await tx
    .update(sessions)
    .set({ generation: sql`${sessions.generation} + 1` })
    .where(and(selects(selection), isNull(sessions.revokedAt), gt(sessions.expiresAt, now.toISOString())))
    .returning({ id: sessions.id, generation: sessions.generation });
  await tellFleet(renewed, false);
}

function selects({ userId, organizationId, id, exceptId }: Selection): SQL | undefined {
  return and(
    eq(sessions.userId, userId),
    organizationId === undefined ? undefined : eq(sessions.organizationId, organizationId),
    id === undefined ? undefined : eq(sessions.id, id),
    exceptId === undefined ? undefined : ne(sessions.id, exceptId),
  );
}
