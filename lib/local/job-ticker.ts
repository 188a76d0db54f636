import { randomUUID } from 'node:crypto';
import type { Context as LambdaContext, ScheduledEvent } from 'aws-lambda';
import type { JobOperation } from '#lib/generate/load-operations.ts';
import { parseRate, slotAt } from '#lib/jobs/schedule.ts';

export type JobTicker = {
  /** No slot begins any more; resolves when the runs under way have ended. */
  stop(): Promise<void>;
};

/** Runs each job for the current slot and then at every slot, as EventBridge would; `report` gets each outcome. */
export function startJobTicker(jobs: readonly JobOperation[], report: (outcome: string) => void): JobTicker {
  const timers = new Map<string, NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  const runSlot = (job: JobOperation, slot: Date) => {
    const run = runJob(job, slot).then(report);
    running.add(run);
    run.finally(() => running.delete(run));
    wait(job, slot);
  };
  // Wakes up at least hourly and looks at the clock: after a laptop slept, the latest slot runs once.
  const wait = (job: JobOperation, last: Date) => {
    const untilNextMs = last.getTime() + parseRate(job.spec.schedule) - Date.now();
    const wakeUp = () => {
      const slot = slotAt(job.spec.schedule, new Date());
      if (slot > last) runSlot(job, slot);
      else wait(job, last);
    };
    timers.set(job.spec.id, setTimeout(wakeUp, Math.min(Math.max(untilNextMs, 0), 3_600_000)));
  };
  for (const job of jobs) runSlot(job, slotAt(job.spec.schedule, new Date()));
  return {
    async stop() {
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.all(running);
    },
  };
}

async function runJob({ spec, handler }: JobOperation, slot: Date): Promise<string> {
  const outcome = await handler(
    scheduledEvent(spec.id, slot),
    lambdaContext(spec.id, spec.timeoutSeconds),
  ).then(
    (result) => JSON.stringify(result),
    // The handler has logged it, and the next slot is another chance: as on AWS.
    (error: unknown) => `failed: ${error instanceof Error ? error.message : String(error)}`,
  );
  return `job ${spec.id} ${slot.toISOString()}: ${outcome}`;
}

/** The event EventBridge sends for a slot. */
function scheduledEvent(jobId: string, slot: Date): ScheduledEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: '000000000000',
    time: slot.toISOString().replace('.000', ''),
    region: 'local',
    resources: [`arn:aws:events:local:000000000000:rule/${jobId}`],
    detail: {},
  };
}

/** What a handler reads from the Lambda context: its name and the time that is left. */
export function lambdaContext(functionName: string, timeoutSeconds: number): LambdaContext {
  const endsAt = performance.now() + timeoutSeconds * 1000;
  return {
    functionName,
    awsRequestId: randomUUID(),
    getRemainingTimeInMillis: () => endsAt - performance.now(),
  } as LambdaContext;
}
