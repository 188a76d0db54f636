import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { logger } from '#lib/observability/logger.ts';
import { recordMissedRuns } from '#lib/observability/metrics.ts';
import type { AnyJob } from './job-spec.ts';
import { sweepSlots } from './ledger/sweep-slots.ts';

/** Sweeps the slots of all jobs; says aloud what was missed, and emits how much. */
export async function sweepMissedRuns(
  ctx: Context<SystemActor>,
  jobs: readonly AnyJob[],
): Promise<{ missed: number; caughtUp: number }> {
  const total = { missed: 0, caughtUp: 0 };
  for (const { spec } of jobs) {
    if (ctx.signal.aborted) break;
    const { missed, caughtUp } = await sweepSlots(ctx, spec);
    if (missed + caughtUp > 0) logger.warn('job missed', { job: spec.id, missed, caughtUp });
    total.missed += missed;
    total.caughtUp += caughtUp;
  }
  recordMissedRuns(total.missed + total.caughtUp);
  return total;
}
