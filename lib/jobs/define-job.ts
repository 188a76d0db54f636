import middy, { type MiddlewareObj } from '@middy/core';
import type { Context as LambdaContext, ScheduledEvent } from 'aws-lambda';
import * as z from 'zod';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { noteFailure } from '#lib/errors/failure-buffer.ts';
import { reportFailures } from '#lib/errors/report-failures.ts';
import { toAppError } from '#lib/errors/to-app-error.ts';
import { toError } from '#lib/errors/to-error.ts';
import { logger } from '#lib/observability/logger.ts';
import { recordInvocation } from '#lib/observability/metrics.ts';
import { beginRecording, exportSpans } from '#lib/observability/otlp-exporter.ts';
import { recordMeasurement } from '#lib/observability/record-measurement.ts';
import { getTracer } from '#lib/observability/tracer.ts';
import { sendIncrements } from '#lib/redis/send-increments.ts';
import { hostInvocation } from '#lib/runtime/host-invocation.ts';
import { markDefined } from '#lib/runtime/process-state.ts';
import { parseRate, type Schedule } from './schedule.ts';

export interface JobSpec {
  /** camelCase; its kebab-case is the file name. */
  readonly id: string;
  readonly summary: string;
  readonly schedule: Schedule;
  /** At most 900, the limit of Lambda. */
  readonly timeoutSeconds: number;
}

export interface Job {
  (event: ScheduledEvent, context: LambdaContext): Promise<unknown>;
  readonly spec: JobSpec;
}

const Slot = z.object({ id: z.string().min(1), time: z.iso.datetime() });

// `ctx.signal` aborts first, so that a job can end in order; a job that does not is given up with time left to log it.
const signalReserveMs = 5_000;
const deadlineReserveMs = 1_000;

let isColdStart = true;

/**
 * A scheduled job as a Lambda handler that carries its contract. `ctx.now` is the scheduled time of the event, not the
 * clock: a late or repeated delivery does the same work. Throws what `run` throws, so that Lambda counts the error.
 */
export function defineJob(
  spec: JobSpec,
  run: (input: { ctx: Context<SystemActor> }) => Promise<Record<string, unknown>>,
): Job {
  parseRate(spec.schedule);
  const operation = async (event: ScheduledEvent, context: LambdaContext) => {
    const slot = Slot.parse(event);
    const actor = { type: 'system', jobId: spec.id } as const;
    const untilSignalMs = Math.floor(context.getRemainingTimeInMillis() - signalReserveMs);
    const signal = AbortSignal.timeout(Math.max(0, untilSignalMs));
    const tracer = await getTracer();
    return tracer.trace(spec.id, () =>
      run({ ctx: { actor, requestId: slot.id, now: new Date(slot.time), signal } }),
    );
  };
  const runJob = middy({ timeoutEarlyInMillis: deadlineReserveMs })
    .use(finishRun(spec.id) as MiddlewareObj)
    .handler(operation as never) as unknown as typeof handler;
  const handler = (event: ScheduledEvent, context: LambdaContext): Promise<unknown> =>
    hostInvocation(context.getRemainingTimeInMillis() - signalReserveMs, true, (invocation) => {
      invocation.requestId = event.id;
      beginRecording();
      return runJob(event, context);
    });
  markDefined();
  return Object.assign(handler, { spec });
}

/** Ends every run, whatever its outcome: one line, one measurement. */
function finishRun(job: string): MiddlewareObj<ScheduledEvent, Record<string, unknown>> {
  let startedAt = 0;
  const finish = async (event: ScheduledEvent, isFault: boolean, outcome: Record<string, unknown>) => {
    const durationMs = Math.round(performance.now() - startedAt);
    const line = { job, scheduledAt: event.time, runId: event.id, durationMs, ...outcome };
    const root = { name: job, kind: 'internal', startedAtMs: startedAt, isError: isFault } as const;
    if (isFault) logger.error('job failed', line);
    else logger.info('job succeeded', line);
    recordInvocation({ operation: job, durationMs, isFault, isColdStart });
    recordMeasurement({
      operation: job,
      outcome: isFault ? 'failed' : 'succeeded',
      durationMs,
      isColdStart,
    });
    isColdStart = false;
    await sendIncrements();
    return exportSpans({ ...root, attributes: { 'plinth.operation': job, 'plinth.request_id': event.id } });
  };
  return {
    before: () => {
      startedAt = performance.now();
    },
    after: ({ event, response }) => finish(event, false, { ...response }),
    onError: async ({ event, error: thrown }) => {
      const error = toError(thrown);
      await finish(event, true, { error });
      const { code } = toAppError(thrown);
      noteFailure({ operation: job, code, error, requestId: event.id, traceId: undefined, at: new Date() });
      await reportFailures();
    },
  };
}
