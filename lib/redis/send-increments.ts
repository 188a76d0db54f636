import { incrementsLiveMs, returnIncrements, takeIncrements } from '#lib/observability/increments.ts';
import { logger } from '#lib/observability/logger.ts';
import { defineScript, isAway, isRefusal, runScript } from './run-script.ts';

// As in the gate, a field that Redis does not take is dropped: it must not have those before it counted again with each attempt.
const addScript = defineScript(`
local read = 1
for _, key in ipairs(KEYS) do
  for _ = 1, tonumber(ARGV[read + 1]) do
    redis.pcall('HINCRBY', key, ARGV[read + 2], ARGV[read + 3])
    read = read + 2
  end
  redis.call('PEXPIRE', key, ARGV[1])
  read = read + 1
end
return 1
`);

/**
 * Sends what requests leave to the next gate call, at the end of a run and of the process, which have none. Without Redis it stays for the
 * next time.
 */
export async function sendIncrements(): Promise<void> {
  const increments = takeIncrements();
  if (increments.size === 0) return;
  const args = [...increments.values()].flatMap((fields) => [fields.size, ...[...fields].flat()]);
  try {
    await runScript(addScript, [...increments.keys()], [incrementsLiveMs, ...args].map(String));
  } catch (error) {
    // The work of the run is done: it does not fail for its measurements.
    if (!isAway(error) && !isRefusal(error)) throw error;
    returnIncrements(increments);
    logger.warn('Redis does not take the measurements of a run', { reason: `${error}` });
  }
}
