import * as z from 'zod';
import { withTransaction } from '#lib/db/transaction.ts';
import { Continuation, type JobContext, type JobResult } from '#lib/jobs/job-spec.ts';
import { saveCheckpoint } from '#lib/jobs/ledger/save-checkpoint.ts';
import type { TellRemainingRulesPayload } from './tell-remaining-rules-job.ts';
import { tellRules } from './tell-rules.ts';

/** The last rule that has heard, of a run that goes on. */
const Checkpoint = z.uuid().optional();

/**
 * Has the rules after one hear of what has happened, a part of them in each transaction. A part is told once: where it ends is stored with
 * it, and there whoever takes over goes on.
 */
export async function tellRemainingRules(
  ctx: JobContext,
  { occurrences, afterRuleId }: TellRemainingRulesPayload,
  checkpoint: unknown,
): Promise<JobResult> {
  let lastId = Checkpoint.parse(checkpoint) ?? afterRuleId;
  let raised = 0;
  while (!ctx.signal.aborted) {
    const part = await withTransaction(ctx, async (db) => {
      const told = await tellRules({ ...ctx, db }, occurrences, lastId);
      if (told.lastRuleId) await saveCheckpoint({ ...ctx, db }, told.lastRuleId);
      return told;
    });
    raised += part.raised;
    if (!part.isMore) return { raised };
    lastId = part.lastRuleId ?? lastId;
  }
  return new Continuation(lastId);
}
