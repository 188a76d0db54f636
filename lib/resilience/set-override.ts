import { defineScript } from '#lib/redis/run-script.ts';
import { breakerStateKeys } from './circuit-breaker-state.ts';
import { describeBreaker, readState, runForOperator } from './read-breakers.ts';
import type { CircuitBreaker } from './schemas.ts';

// Arguments: 1 open, 2 closed, 0 neither; ms. Reply: what holds from now on.
const overrideScript = defineScript(`
if ARGV[1] == '0' then redis.call('DEL', KEYS[3])
else redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[2]) end
local reply = {}
local index = 1
${readState}
return reply
`);

/**
 * Tells the fleet what to hold a breaker at. To be called after the commit of its audit event, so that nothing holds of which there is
 * none; said again it changes nothing. Throws `unavailable` without Redis.
 */
export async function setOverride(
  name: string,
  state: 'open' | 'closed' | null,
  forMs: number,
): Promise<CircuitBreaker> {
  const override = state === null ? 0 : state === 'open' ? 1 : 2;
  const args = [String(override), String(forMs)];
  return describeBreaker(name, await runForOperator(overrideScript, breakerStateKeys(name), args));
}
