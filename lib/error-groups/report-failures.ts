import { getConfig } from '#lib/config/get-config.ts';
import { type FailureCount, hasFailures, returnFailures, takeFailures } from '#lib/errors/failure-buffer.ts';
import { sendToSentry } from '#lib/errors/sentry-sink.ts';
import { runInvocation, withinDeadline } from '#lib/invocation.ts';
import { logger } from '#lib/observability/logger.ts';
import { recordFailures } from './record-failures.ts';

// The first failure is told at once; a storm costs an instance one write in this time.
const intervalMs = 10_000;
// What the answer that pays for it may wait. The database is often what fails: it is asked once an interval.
const budgetMs = 250;
// With less the write would be given up in the middle; the next request has more.
const leastMs = 50;

let nextReportAtMs = 0;

/**
 * Tells PostgreSQL, and Sentry where it is configured, what failed in this instance: at most once in ten seconds, and for at most 250 ms.
 * Never throws. Lost is what an instance has noted when it is never called again, and of more than 20 kinds at a time the rest.
 */
export function reportFailures(): Promise<void> | undefined {
  if (!hasFailures() || performance.now() < nextReportAtMs) return undefined;
  const timeoutMs = withinDeadline(budgetMs);
  if (timeoutMs < leastMs) return undefined;
  nextReportAtMs = performance.now() + intervalMs;
  return report(timeoutMs);
}

async function report(timeoutMs: number): Promise<void> {
  const failures = takeFailures();
  const [recorded, sent] = await Promise.allSettled([
    // Its own limit has PostgreSQL cancel what takes longer: written after all, it would be counted again with the next report.
    runInvocation(timeoutMs, false, () => record(failures)),
    send(untold(failures), timeoutMs),
  ]);
  for (const failure of failures) failure.toldCount = failure.count;
  if (recorded.status === 'rejected') {
    returnFailures(failures);
    logger.warn('failures were not recorded, the next request tries again', { error: recorded.reason });
  }
  if (sent.status === 'rejected') logger.warn('Sentry did not take failures', { error: sent.reason });
}

// Asynchronous, so that an unusable configuration rejects as everything else does.
async function record(failures: readonly FailureCount[]): Promise<void> {
  await recordFailures(failures, getConfig().RELEASE);
}

async function send(failures: readonly FailureCount[], timeoutMs: number): Promise<void> {
  const { RELEASE: release, PLINTH_STAGE: environment } = getConfig();
  await sendToSentry(failures, { release, environment }, timeoutMs);
}

/** Those that were returned because PostgreSQL did not take them have been sent to Sentry already. */
function untold(failures: readonly FailureCount[]): FailureCount[] {
  return failures
    .map((failure) => ({ ...failure, count: failure.count - (failure.toldCount ?? 0) }))
    .filter(({ count }) => count > 0);
}

/** For tests: the next failure is told at once. */
export function forgetLastReport(): void {
  nextReportAtMs = 0;
}
