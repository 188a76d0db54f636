import { and, eq, gt, isNull, ne, type SQL, sql } from 'drizzle-orm';
import type { Transaction } from '#lib/db/client.ts';
import { sessions } from '#lib/db/schema/sessions.ts';
import type { FleetState } from './fleet-state.ts';

interface Selection {
  readonly userId: string;
  readonly organizationId?: string;
  readonly id?: string;
  readonly exceptId?: string | undefined;
}

/**
 * Ends the sessions of a user; has to be told to the fleet once it has committed. Those that were ended before come along, so that
 * a repetition tells what the fleet has missed.
 */
export function endSessions(tx: Transaction, selection: Selection, now: Date): Promise<FleetState[]> {
  const at = now.toISOString();
  return tx
    .update(sessions)
    .set({ revokedAt: sql`coalesce(${sessions.revokedAt}, ${at})` })
    .where(and(selects(selection), gt(sessions.expiresAt, at)))
    .returning({ id: sessions.id, generation: sql<number>`0` });
}

/**
 * Makes the access tokens of a user in an organization invalid, so that the next ones carry the roles of now; has to be told to
 * the fleet once it has committed.
 */
export function renewSessions(tx: Transaction, selection: Selection, now: Date): Promise<FleetState[]> {
  return tx
    .update(sessions)
    .set({ generation: sql`${sessions.generation} + 1` })
    .where(and(selects(selection), isNull(sessions.revokedAt), gt(sessions.expiresAt, now.toISOString())))
    .returning({ id: sessions.id, generation: sessions.generation });
}

function selects({ userId, organizationId, id, exceptId }: Selection): SQL | undefined {
  return and(
    eq(sessions.userId, userId),
    organizationId === undefined ? undefined : eq(sessions.organizationId, organizationId),
    id === undefined ? undefined : eq(sessions.id, id),
    exceptId === undefined ? undefined : ne(sessions.id, exceptId),
  );
}
