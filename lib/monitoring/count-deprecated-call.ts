import { runInvocation, withinDeadline } from '#lib/invocation.ts';
import { logger } from '#lib/observability/logger.ts';
import {
  type DeprecatedCaller,
  type DeprecatedCalls,
  recordDeprecatedCalls,
} from './record-deprecated-calls.ts';

// Who calls is known by then, only how often may wait.
const writtenEveryMs = 60_000;
// Bounds the memory: beyond, those that were told are forgotten, and told again when they call.
const maxCallers = 500;
// What an answer may wait for it.
const budgetMs = 250;
// With less the write would be given up in the middle; the next call has more.
const leastMs = 50;

/** All that this instance has seen; with a count of 0 when PostgreSQL knows of each call. */
const callers = new Map<string, DeprecatedCalls>();
let nextWriteAtMs = 0;

/**
 * Counts a call of a deprecated operation. The first one of a caller in this instance is in PostgreSQL before its answer leaves: who calls
 * once a night is on a cold instance, which may never be called again. Further ones are written once a minute. Never throws; lost is of an
 * instance what it counted in its last minute, and of an outage what exceeds 500 callers.
 */
export function countDeprecatedCall(
  caller: DeprecatedCaller,
  at: Date,
  isDatabaseWell: boolean,
): Promise<void> | undefined {
  const isNew = note(caller, at);
  if (!isDatabaseWell || !(isNew || performance.now() >= nextWriteAtMs)) return undefined;
  const timeoutMs = withinDeadline(budgetMs);
  if (timeoutMs < leastMs) return undefined;
  nextWriteAtMs = performance.now() + writtenEveryMs;
  return write(timeoutMs);
}

/** Whether the caller is one that this instance has not seen. */
function note(caller: DeprecatedCaller, at: Date): boolean {
  const key = Object.values(caller).join();
  const known = callers.get(key);
  if (known) {
    known.count += 1;
    known.lastSeenAt = at;
    return false;
  }
  if (callers.size >= maxCallers)
    for (const [told, { count }] of callers) if (count === 0) callers.delete(told);
  if (callers.size >= maxCallers) return false;
  callers.set(key, { ...caller, count: 1, firstSeenAt: at, lastSeenAt: at });
  return true;
}

async function write(timeoutMs: number): Promise<void> {
  const untold = [...callers.values()].filter(({ count }) => count > 0);
  const told = untold.map((one) => ({ ...one }));
  for (const one of untold) one.count = 0;
  try {
    // Its own limit has PostgreSQL cancel what takes longer: what is written in that moment is counted again.
    await runInvocation(timeoutMs, false, () => recordDeprecatedCalls(told));
  } catch (error) {
    // Whatever it was: the request has its answer, which must not fail for being counted.
    untold.forEach((one, index) => {
      one.count += told[index]?.count ?? 0;
    });
    logger.warn('calls of deprecated operations were not recorded, a later one tries again', { error });
  }
}
