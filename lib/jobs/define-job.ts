import middy from '@middy/core';
import type { Context as LambdaContext, ScheduledEvent } from 'aws-lambda';
import * as z from 'zod';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { toError } from '#lib/errors/to-error.ts';
import { logger } from '#lib/observability/logger.ts';
import { recordInvocation } from '#lib/observability/metrics.ts';
import { getTracer } from '#lib/observability/tracer.ts';
import type { Schedule } from './schedule.ts';

export interface JobSpec {
  /** camelCase; its kebab-case is the file name. */
  readonly id: string;
  readonly summary: string;
  readonly schedule: Schedule;
  readonly timeoutSeconds: number;
}

export interface Job {
  (event: ScheduledEvent, context: LambdaContext): Promise<unknown>;
  readonly spec: JobSpec;
}

const Slot = z.object({ id: z.string().min(1), time: z.iso.datetime() });
// Enough to log the outcome before Lambda ends the invocation.
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
  const handler = async (
    event: ScheduledEvent,
    _context: LambdaContext,
    { signal }: { signal: AbortSignal },
  ) => {
    const startedAt = performance.now();
    const line = { job: spec.id, scheduledAt: event.time, runId: event.id };
    let isFault = true;
    try {
      const slot = Slot.parse(event);
      const actor = { type: 'system', jobId: spec.id } as const;
      const ctx = { actor, requestId: slot.id, now: new Date(slot.time), signal };
      const tracer = await getTracer();
      const result = await tracer.trace(spec.id, () => run({ ctx }));
      isFault = false;
      logger.info('job succeeded', { ...line, ...result });
      return result;
    } catch (error) {
      logger.error('job failed', { ...line, error: toError(error) });
      throw error;
    } finally {
      recordInvocation({
        operation: spec.id,
        durationMs: performance.now() - startedAt,
        isFault,
        isColdStart,
      });
      isColdStart = false;
    }
  };
  const pipeline = middy({ timeoutEarlyInMillis: deadlineReserveMs }).handler(handler as never);
  return Object.assign(pipeline as unknown as Omit<Job, 'spec'>, { spec }) as Job;
}
