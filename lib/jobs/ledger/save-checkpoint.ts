import { eq } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import { toStorable } from './storable.ts';

/**
 * Has every later attempt of the run under way go on from here, once the transaction commits: what it has written is then not done again,
 * also when the instance dies. Throws UnstorableError.
 */
export async function saveCheckpoint(
  ctx: Context<SystemActor> & { readonly db: Transaction },
  checkpoint: unknown,
): Promise<void> {
  // The request of a run is named by its id.
  await ctx.db
    .update(jobRuns)
    .set({ checkpoint: toStorable(checkpoint) })
    .where(eq(jobRuns.id, ctx.requestId));
}
