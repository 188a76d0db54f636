import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { noteFailure } from '#lib/errors/failure-buffer.ts';
import { toAppError } from '#lib/errors/to-app-error.ts';
import { toError } from '#lib/errors/to-error.ts';
import { logger } from '#lib/observability/logger.ts';
import { recordDeadRuns, recordInvocation } from '#lib/observability/metrics.ts';
import { recordMeasurement } from '#lib/observability/record-measurement.ts';
import { nextTraceparent, parseTraceparent } from '#lib/observability/trace-context.ts';
import { getTracer } from '#lib/observability/tracer.ts';
import { hostInvocation } from '#lib/runtime/host-invocation.ts';
import { classifyFailure, PayloadError } from './classify-failure.ts';
import { type AnyJob, Continuation, defaultRetry, type JobContext, type JobResult } from './job-spec.ts';
import type { ClaimedRun } from './ledger/claim-runs.ts';
import type { Finish } from './ledger/finish-runs.ts';
import { assertLease, heartbeatSeconds, LeaseLostError, renewLease } from './ledger/lease.ts';
import { toStorable, UnstorableError } from './ledger/storable.ts';
import { recordRun } from './record-run.ts';
import { retryDelaySeconds } from './retry-delay.ts';

/** Why a run was told to stop. */
type StopReason = 'timed_out' | 'cancelled' | 'lost';

// After the signal, a run has this long to end in order before it is given up.
const graceMs = 4_000;
/** How long before the end of an invocation a run is told to stop: time to end in order, and to write how it ended. */
export const stopReserveMs = graceMs + 2_000;

/** A part of a run that ended at the checkpoint where it began: another one alike would, too. */
class NoProgressError extends Error {
  constructor() {
    super('ended at the checkpoint where it began');
    this.name = 'NoProgressError';
  }
}

let isColdStart = true;

/**
 * Carries out one attempt of a claimed run and returns how it ended, for `finishRuns` to write; undefined when the lease was lost on the
 * way, so that somebody else decides. Never throws what the job throws. The attempt is told to stop after `stopAfterMs`, and given up some
 * seconds later.
 */
export async function runClaimed(
  job: AnyJob,
  run: ClaimedRun,
  stopAfterMs: number,
): Promise<Finish | undefined> {
  const lease = { id: run.id, fence: run.fence };
  const stop = new AbortController();
  const timeout = setTimeout(() => stop.abort('timed_out' satisfies StopReason), Math.max(0, stopAfterMs));
  let progress: Finish['progress'];
  const ctx: JobContext = {
    actor: { type: 'system', jobId: job.spec.id },
    requestId: run.id,
    now: new Date(run.claimedAt),
    slot: run.slot === null ? undefined : new Date(run.slot),
    signal: stop.signal,
    guard: (tx) => assertLease(tx, lease),
    progress: (done, total) => {
      progress = toProgress(done, total) ?? progress;
    },
  };
  const heartbeat = setInterval(async () => {
    const state = await renewLease(lease, progress).catch(asUnknown);
    if (state === 'lost' || state === 'cancel') stop.abort(state === 'lost' ? 'lost' : 'cancelled');
  }, heartbeatSeconds * 1000);
  const startedAtMs = performance.now();
  let outcome: 'succeeded' | 'continued' | 'failed' = 'failed';
  try {
    const result = await Promise.race([executeInTrace(job, run, ctx, stopAfterMs), givenUp(stop.signal)]);
    const end = ofResult(result, job, run);
    outcome = end.outcome;
    return { lease, ...end, ...(progress && { progress }) };
  } catch (thrown) {
    const reason = stop.signal.aborted ? (stop.signal.reason as StopReason) : undefined;
    if (thrown instanceof LeaseLostError || reason === 'lost') {
      logger.warn('a run was taken over by another instance', { job: job.spec.id, runId: run.id });
      return undefined;
    }
    return { lease, ...ofFailure(job, run, thrown, reason), ...(progress && { progress }) };
  } finally {
    measure(job.spec.id, startedAtMs, outcome);
    clearTimeout(timeout);
    clearInterval(heartbeat);
    // Ends what the job left behind: its transactions are refused from now on.
    stop.abort('lost' satisfies StopReason);
  }
}

function measure(
  operation: string,
  startedAtMs: number,
  outcome: 'succeeded' | 'continued' | 'failed',
): void {
  const durationMs = performance.now() - startedAtMs;
  const isCold = isColdStart;
  isColdStart = false;
  // It has not succeeded yet: a job that never comes to its end must ring as overdue.
  if (outcome === 'continued') return;
  recordInvocation({ operation, durationMs, isFault: outcome === 'failed', isColdStart: isCold });
  recordMeasurement({ operation, outcome, durationMs, isColdStart: isCold });
}

async function execute(job: AnyJob, run: ClaimedRun, ctx: JobContext): Promise<JobResult> {
  const payload = job.spec.payload ? parsePayload(job.spec.payload, run.payload) : undefined;
  const tracer = await getTracer();
  return tracer.trace(job.spec.id, () => job.run({ ctx, payload, checkpoint: run.checkpoint ?? undefined }));
}

/** An invocation of its own, in the trace of the request that enqueued it, else of the delivery: a dispatcher carries out many runs side by side. */
function executeInTrace(
  job: AnyJob,
  run: ClaimedRun,
  ctx: JobContext,
  stopAfterMs: number,
): Promise<JobResult> {
  const traceparent = run.traceparent ?? nextTraceparent();
  return hostInvocation(stopAfterMs + graceMs, true, (invocation) => {
    invocation.requestId = run.id;
    invocation.trace = parseTraceparent(traceparent);
    return recordRun(job.spec.id, run.id, () => execute(job, run, ctx));
  });
}

function parsePayload(schema: z.ZodType, payload: unknown): unknown {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  throw new PayloadError(z.prettifyError(parsed.error));
}

/** Rejects some seconds after the signal, for a job that does not heed it. */
function givenUp(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      setTimeout(() => reject(new Error('did not end in time')), graceMs).unref();
    });
  });
}

// The columns are integers; what is no number shows nothing, but does not hurt the run.
function toProgress(done: unknown, total: unknown): Finish['progress'] {
  const count = (value: unknown) =>
    Number.isFinite(value) ? Math.min(Math.max(Math.floor(value as number), 0), 2 ** 31 - 1) : null;
  const counted = count(done);
  return counted === null ? undefined : { done: counted, total: count(total) };
}

/** Throws UnstorableError for a checkpoint that the ledger does not keep: the run could not go on; NoProgressError for the same again. */
function ofResult(
  result: JobResult,
  { spec }: AnyJob,
  run: ClaimedRun,
): Omit<Finish, 'lease' | 'outcome'> & { outcome: 'succeeded' | 'continued' } {
  if (result instanceof Continuation) {
    const checkpoint = toStorable(result.checkpoint) ?? null;
    if (isDeepStrictEqual(checkpoint, run.checkpoint)) throw new NoProgressError();
    return { state: 'scheduled', outcome: 'continued', checkpoint };
  }
  return { state: 'succeeded', outcome: 'succeeded', result: toResult(result, spec.id, run.id) };
}

/** The work is done: a result that the ledger does not keep must not have it done again. */
function toResult(result: unknown, job: string, runId: string): Record<string, unknown> {
  try {
    const stored = toStorable(result) ?? {};
    return typeof stored === 'object' && !Array.isArray(stored)
      ? (stored as Record<string, unknown>)
      : { value: stored };
  } catch (error) {
    if (!(error instanceof UnstorableError)) throw error;
    logger.warn('the result of a run is not stored', { job, runId, error });
    return { omitted: error.message };
  }
}

function ofFailure(
  { spec }: AnyJob,
  run: ClaimedRun,
  thrown: unknown,
  reason: StopReason | undefined,
): Omit<Finish, 'lease'> {
  const error = toError(thrown);
  const details = { errorClass: toText(error.name, 200), errorMessage: toText(error.message, 2_000) };
  if (reason === 'cancelled') return { state: 'cancelled', outcome: 'cancelled', ...details };
  const outcome = reason === 'timed_out' ? 'timed_out' : 'failed';
  const line = { job: spec.id, runId: run.id, attempt: run.attempts, error };
  noteFailure({
    operation: spec.id,
    code: toAppError(thrown).code,
    error,
    requestId: run.id,
    traceId: run.traceparent ? parseTraceparent(run.traceparent)?.traceId : undefined,
    at: new Date(run.claimedAt),
  });
  if (outcome === 'failed' && classifyFailure(thrown) === 'permanent') {
    logger.error('job failed for good', line);
    recordDeadRuns(1);
    return { state: 'failed', outcome, ...details };
  }
  if (run.attempts >= run.maxAttempts) {
    logger.error('job failed in its last attempt', line);
    recordDeadRuns(1);
    return { state: outcome === 'timed_out' ? 'timed_out' : 'dead', outcome, ...details };
  }
  const delaySeconds = retryDelaySeconds(spec.retry ?? defaultRetry, run.attempts);
  logger.warn('job failed and is tried again', { ...line, delaySeconds });
  return { state: 'retrying', outcome, delaySeconds, ...details };
}

// A job may throw an error whose name and message are anything.
function toText(value: unknown, maxLength: number): string {
  return toStorable(typeof value === 'string' ? value.slice(0, maxLength) : typeof value) as string;
}

// A heartbeat that does not get through says nothing; when enough of them are lost the lease ends by itself.
function asUnknown(error: unknown): 'unknown' {
  logger.warn('a heartbeat was lost', { error: toError(error) });
  return 'unknown';
}
