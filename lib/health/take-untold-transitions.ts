import { asc, isNull, sql } from 'drizzle-orm';
import type { Transaction } from '#lib/db/client.ts';
import { healthTransitions } from '#lib/db/schema/health-transitions.ts';

export type UntoldTransition = Omit<typeof healthTransitions.$inferSelect, 'toldAt'>;

/** The rest waits for the next call. Together they have to fit into the payload of a run. */
export const transitionsAtOnce = 50;

/** Takes the transitions of which nobody has been told, oldest first: once the transaction commits, nobody else gets the same. */
export async function takeUntoldTransitions(tx: Transaction): Promise<UntoldTransition[]> {
  const oldest = tx
    .select({ id: healthTransitions.id })
    .from(healthTransitions)
    .where(isNull(healthTransitions.toldAt))
    .orderBy(asc(healthTransitions.id))
    .limit(transitionsAtOnce)
    .for('update', { skipLocked: true });
  const rows = await tx
    .update(healthTransitions)
    .set({ toldAt: sql`now()` })
    .where(sql`${healthTransitions.id} = any (array(${oldest}))`)
    .returning();
  return rows.sort((a, b) => a.id - b.id);
}
