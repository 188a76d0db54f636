import middy, { type MiddlewareObj } from '@middy/core';
import type { Context as LambdaContext } from 'aws-lambda';
import * as z from 'zod';
import { loadConfig } from '#lib/config/load-config.ts';
import { reportFailures } from '#lib/error-groups/report-failures.ts';
import { toError } from '#lib/errors/to-error.ts';
import { getInvocation } from '#lib/invocation.ts';
import { logger } from '#lib/observability/logger.ts';
import { beginRecording, exportSpans } from '#lib/observability/otlp-exporter.ts';
import { sendIncrements } from '#lib/redis/send-increments.ts';
import { hostInvocation } from '#lib/runtime/host-invocation.ts';
import { markDefined } from '#lib/runtime/process-state.ts';
import { type Delivery, deliverSlot } from './deliver-slot.ts';
import type { JobDefinition, JobInput, JobResult, JobSpec } from './job-spec.ts';
import { stopReserveMs } from './run-claimed.ts';
import { parseSchedule } from './schedule.ts';
import { assertTimezone } from './schedule-zone.ts';

/** What EventBridge Scheduler sends, and `npm run job` too; rules send more, which is ignored. */
const SlotEvent = z.object({ time: z.iso.datetime({ offset: true }) });
export type SlotEvent = z.input<typeof SlotEvent>;

export interface Job<P = unknown> extends JobDefinition<P> {
  (event: SlotEvent, context: LambdaContext): Promise<Delivery>;
}

// Time to write how a run ended, and to log it.
const answerReserveMs = 500;

/** What stands where the id of a job does in a path, as `/api/v1/jobs/runs/{id}`. */
export const reservedIds = ['runs', 'dead-letters'];

/**
 * A job as a Lambda handler that carries its contract. However often an event is delivered, its slot runs once; what a run throws is in
 * the ledger, to be tried again. Throws only when the ledger cannot be reached, or an event has no time.
 */
export function defineJob<P = undefined>(
  spec: JobSpec<P>,
  run: (input: JobInput<P>) => Promise<JobResult>,
): Job<P> {
  if (reservedIds.includes(spec.id)) throw new Error(`"${spec.id}" cannot be a job: a path has that name`);
  if (spec.schedule) parseSchedule(spec.schedule);
  if (spec.timezone) assertTimezone(spec.timezone);
  const definition = { spec, run };
  const deliver = middy()
    .use(finishDelivery(spec.id) as MiddlewareObj)
    .handler(((event: unknown, context: LambdaContext) => {
      const slot = new Date(SlotEvent.parse(event).time);
      return deliverSlot(
        definition as JobDefinition,
        slot,
        context.getRemainingTimeInMillis() - stopReserveMs,
      );
    }) as never);
  const handler = (event: SlotEvent, context: LambdaContext) =>
    hostInvocation(context.getRemainingTimeInMillis() - answerReserveMs, true, (invocation) => {
      invocation.requestId = context.awsRequestId;
      return (deliver as unknown as Job)(event, context);
    });
  markDefined();
  return Object.assign(handler, definition);
}

/** Ends every delivery, whatever its outcome: one line; what was measured, recorded and failed leaves with it. */
function finishDelivery(job: string): MiddlewareObj<SlotEvent, Delivery> {
  let startedAtMs = 0;
  const send = async (isError: boolean) => {
    await sendIncrements();
    await exportSpans({
      name: job,
      kind: 'internal',
      startedAtMs,
      isError,
      attributes: { 'plinth.operation': job, 'plinth.request_id': getInvocation()?.requestId },
    });
    await reportFailures();
  };
  const durationMs = () => Math.round(performance.now() - startedAtMs);
  return {
    before: async () => {
      startedAtMs = performance.now();
      await loadConfig(new Date());
      beginRecording();
    },
    // What went wrong in the run itself has been logged with its error.
    after: async ({ event, response }) => {
      await send(false);
      logger.info('job delivered', { job, scheduledAt: event.time, durationMs: durationMs(), ...response });
    },
    onError: async ({ event, error }) => {
      await send(true);
      const line = { job, scheduledAt: event?.time, durationMs: durationMs(), error: toError(error) };
      logger.error('job not delivered', line);
    },
  };
}
