import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Actor, SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { getInvocation } from '#lib/invocation.ts';
import { defaultRetry, type JobReference } from '#lib/jobs/job-spec.ts';
import { nextTraceparent } from '#lib/observability/trace-context.ts';
import { toStorable } from './storable.ts';

/**
 * Has a job run with this payload once the transaction of `ctx` commits, within about a minute or after `at`. With a `key`, whoever
 * enqueues the same again gets the first run. Returns the id of the run; throws ZodError when the payload does not fit,
 * UnstorableError when it is not JSON, larger than 256 KB or nested deeper than 200.
 */
export async function enqueue<P>(
  ctx: Context<Actor | SystemActor | undefined> | { readonly db: Transaction },
  job: JobReference<P>,
  payload: P,
  { at, key }: { at?: Date; key?: string } = {},
): Promise<string> {
  job.payload?.parse(payload);
  const [run] = await getDatabase(ctx)
    .insert(jobRuns)
    .values({
      id: uuidv7(),
      jobId: job.id,
      trigger: 'enqueue',
      key: key ?? null,
      payload: toStorable(payload),
      traceparent: getInvocation() ? nextTraceparent() : null,
      availableAt: at ? at.toISOString() : sql`now()`,
      maxAttempts: (job.retry ?? defaultRetry).maxAttempts,
      isExclusive: job.overlap !== 'parallel',
    })
    // Changes nothing, but returns the row that is there.
    .onConflictDoUpdate({
      target: [jobRuns.jobId, jobRuns.key],
      targetWhere: sql`key is not null`,
      set: { key: sql`excluded.key` },
    })
    .returning({ id: jobRuns.id });
  return run?.id as string;
}
