import { incrementsLiveMs, returnIncrements, takeIncrements } from '#lib/observability/increments.ts';
import { logger } from '#lib/observability/logger.ts';
import { gateScript } from './gate-script.ts';
import { isUnanswered, runScript } from './run-script.ts';

// Of counters, session, remembered and breakers: only the last section of the gate's script has work.
const emptySections = [0, 0, 0, 0];

/**
 * Sends what requests leave to the next gate call, at the end of a run and of the process, which have none. Without Redis it stays for the
 * next time.
 */
export async function sendIncrements(): Promise<void> {
  const increments = takeIncrements();
  if (increments.size === 0) return;
  const fields = [...increments.values()].flatMap((hash) => [hash.size, ...[...hash].flat()]);
  const args = [...emptySections, increments.size, incrementsLiveMs, ...fields];
  try {
    await runScript(gateScript, [...increments.keys()], args.map(String));
  } catch (error) {
    // The work of the run is done: it does not fail for its measurements.
    if (!isUnanswered(error)) throw error;
    returnIncrements(increments);
    logger.warn('Redis does not take the measurements of a run', { reason: `${error}` });
  }
}
