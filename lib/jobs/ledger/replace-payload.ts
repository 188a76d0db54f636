import { eq } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import { withTransaction } from '#lib/db/transaction.ts';

/** Has the run under way keep something else than what it was given: what is secret in it and done with. Throws LeaseLostError. */
export async function replacePayload(ctx: Context<SystemActor>, payload: unknown): Promise<void> {
  // The request of a run is named by its id.
  await withTransaction(ctx, (tx) =>
    tx.update(jobRuns).set({ payload }).where(eq(jobRuns.id, ctx.requestId)),
  );
}
