import { isNull, sql } from 'drizzle-orm';
import type { Transaction } from '#lib/db/client.ts';
import { healthTransitions } from '#lib/db/schema/health-transitions.ts';

export type UntoldTransition = Omit<typeof healthTransitions.$inferSelect, 'toldAt'>;

/** Takes the transitions of which nobody has been told, oldest first: once the transaction commits, nobody else gets the same. */
export async function takeUntoldTransitions(tx: Transaction): Promise<UntoldTransition[]> {
  const rows = await tx
    .update(healthTransitions)
    .set({ toldAt: sql`now()` })
    .where(isNull(healthTransitions.toldAt))
    .returning();
  return rows.sort((a, b) => a.id - b.id);
}
