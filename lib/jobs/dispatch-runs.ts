import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { withinDeadline } from '#lib/invocation.ts';
import type { AnyJob } from './job-spec.ts';
import { type ClaimedRun, claimParallelRuns, claimRun, findDueExclusiveRuns } from './ledger/claim-runs.ts';
import { groupFinishes } from './ledger/group-finishes.ts';
import { expireLeases } from './ledger/lease.ts';
import { runClaimed, stopReserveMs } from './run-claimed.ts';

// What waits for other services side by side; a batch ends within the time-out of its slowest run.
const batchSize = 20;

export interface Dispatch extends Record<string, unknown> {
  readonly started: number;
  readonly succeeded: number;
  readonly timedOut: number;
}

// A run that begins has at least this long.
const leastMs = 30_000;

/**
 * Carries out what is due and has no event of its own: retries, what was enqueued, what goes on from a checkpoint, what is caught up, and
 * the runs of instances that died. Until nothing is due, or too little time is left for one more.
 */
export async function dispatchRuns(ctx: Context<SystemActor>, jobs: readonly AnyJob[]): Promise<Dispatch> {
  const hasTime = () => !ctx.signal.aborted && withinDeadline(leastMs) === leastMs;
  const byId = new Map(jobs.map((job) => [job.spec.id, job]));
  const total = { started: 0, succeeded: 0, timedOut: await expireLeases() };
  const finish = groupFinishes();
  const failures: unknown[] = [];
  const noteFailure = (error: unknown) => void failures.push(error);
  let written: Promise<unknown> = Promise.resolve();
  /** Resolves when all have ended; the record of the last ends is `written`, while others may be claimed. */
  const carryOut = async (runs: readonly ClaimedRun[]) => {
    total.started += runs.length;
    const records: Promise<void>[] = [];
    const carryOutOne = async (run: ClaimedRun) => {
      const job = byId.get(run.jobId) as AnyJob;
      const stopAfterMs = withinDeadline(job.spec.timeoutSeconds * 1000 + stopReserveMs) - stopReserveMs;
      const end = await runClaimed(job, run, stopAfterMs);
      if (end) records.push(finish(end).catch(noteFailure));
      if (end?.state === 'succeeded') total.succeeded++;
    };
    // Not before all have ended: what is left behind in a frozen instance would be lost.
    await Promise.all(runs.map((run) => carryOutOne(run).catch(noteFailure)));
    written = Promise.all([written, ...records]);
  };
  const exclusive = async () => {
    for (const { id } of await findDueExclusiveRuns([...byId.keys()])) {
      if (!hasTime()) return;
      const run = await claimRun(id);
      if (run && run !== 'overlap') await carryOut([run]);
    }
  };
  const parallel = async () => {
    while (hasTime() && failures.length === 0) {
      const [runs] = await Promise.all([claimParallelRuns([...byId.keys()], batchSize), written]);
      if (runs.length > 0) await carryOut(runs);
      if (runs.length < batchSize) return;
    }
  };
  await Promise.all([exclusive().catch(noteFailure), parallel().catch(noteFailure)]);
  await written;
  if (failures.length > 0) throw failures[0];
  return total;
}
