import type { JobDefinition } from './job-spec.ts';
import { claimSlot } from './ledger/claim-runs.ts';
import { finishRuns } from './ledger/finish-runs.ts';
import { expireLeases } from './ledger/lease.ts';
import { recordSlot } from './ledger/record-slot.ts';
import { skipSlot } from './ledger/skip-slot.ts';
import { runClaimed } from './run-claimed.ts';

/** What became of a delivered event. */
export type Delivery = Readonly<Record<string, unknown>> & { readonly outcome: string };

/** Runs a slot unless it has run, runs or may not run now; `stopAfterMs` is what the run has. */
export async function deliverSlot(job: JobDefinition, slot: Date, stopAfterMs: number): Promise<Delivery> {
  const { spec } = job;
  await expireLeases();
  if (!(await recordSlot(spec, slot))) return { outcome: 'refused', reason: 'no slot of this time' };
  const run = await claimSlot(spec.id, slot);
  if (run === undefined || run === 'overlap') {
    const isSkipped =
      run === 'overlap' && spec.overlap !== 'queue'
        ? await skipSlot(spec.id, slot, 'the run before is still under way')
        : await skipSlot(spec.id, slot, 'paused', true);
    return { outcome: isSkipped ? 'skipped' : 'nothing to do' };
  }
  const finish = await runClaimed(job, run, stopAfterMs);
  if (!finish || !(await finishRuns([finish])).has(run.id)) return { outcome: 'lost', runId: run.id };
  return { ...finish.result, outcome: finish.state, runId: run.id };
}
