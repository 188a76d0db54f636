import { randomUUID } from 'node:crypto';
import type { Context as LambdaContext, ScheduledEvent } from 'aws-lambda';
import type { JobOperation } from '#lib/generate/load-operations.ts';
import { nextTimes, parseSchedule, previousTime } from '#lib/jobs/schedule.ts';

export type JobTicker = {
  /** No slot begins any more; resolves when the runs under way have ended. */
  stop(): Promise<void>;
};

// A timer stands still while a laptop sleeps: the clock is looked at again at least this often.
const longestWaitMs = 30_000;

/**
 * Runs each job at its slots, as EventBridge would; `report` gets each outcome. An interval also runs its current slot at
 * once, a calendar waits for its time. After sleep only the latest slot runs: what was missed is the ledger's to catch up.
 */
export function startJobTicker(jobs: readonly JobOperation[], report: (outcome: string) => void): JobTicker {
  const running = new Set<Promise<void>>();
  const clocks = jobs.flatMap((job) => clockOf(job, job.spec.schedule, Date.now()));
  let timer: NodeJS.Timeout;
  const tick = () => {
    const now = Date.now();
    for (const clock of clocks) {
      const slot = clock.takeSlot(now);
      if (!slot) continue;
      const run = runJob(clock.job, slot).then(report);
      running.add(run);
      run.finally(() => running.delete(run));
    }
    const untilNextMs = Math.min(...clocks.map(({ next }) => next())) - now;
    timer = setTimeout(tick, Math.min(Math.max(1, untilNextMs), longestWaitMs));
  };
  tick();
  return {
    async stop() {
      clearTimeout(timer);
      await Promise.all(running);
    },
  };
}

/** Knows when a job's next slot begins, and gives out the latest slot once that has come. */
function clockOf(job: JobOperation, expression: string | undefined, startedAt: number) {
  if (!expression) return [];
  const { timezone, dst } = job.spec;
  const schedule = parseSchedule(expression);
  // Infinite once the schedule has ended.
  const nextAfter = (now: number) =>
    nextTimes(schedule, { after: new Date(now), count: 1, timezone, dst })[0]?.getTime() ??
    Number.POSITIVE_INFINITY;
  let next = schedule.kind === 'rate' ? startedAt : nextAfter(startedAt);
  const clock = {
    job,
    next: () => next,
    takeSlot(now: number): Date | undefined {
      if (now < next) return undefined;
      next = nextAfter(now);
      return previousTime(schedule, { atOrBefore: new Date(now), timezone, dst });
    },
  };
  return [clock];
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
export function scheduledEvent(jobId: string, slot: Date): ScheduledEvent {
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
