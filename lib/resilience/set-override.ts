import { AppError } from '#lib/errors/app-error.ts';
import { breakerNames } from '#lib/outbound/upstreams.ts';
import { defineScript } from '#lib/redis/run-script.ts';
import { breakerStateKeys } from './circuit-breaker-state.ts';
import { heldStates, runForOperator } from './read-breakers.ts';

// Arguments: 1 open, 2 closed, 0 neither; ms. Reply: what held before.
const overrideScript = defineScript(`
local before = tonumber(redis.call('GET', KEYS[3]) or '0')
if ARGV[1] == '0' then redis.call('DEL', KEYS[3])
else redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[2]) end
return { before }
`);

/**
 * Tells the fleet what to hold a breaker at, and gives what held before. To be called before the commit of its audit event: a fleet that
 * was not told leaves none. Throws `not_found`, or `unavailable` without Redis.
 */
export async function setOverride(name: string, state: 'open' | 'closed' | null, forMs: number) {
  if (!breakerNames().includes(name)) throw new AppError('not_found', 'There is no such circuit breaker');
  const override = state === null ? 0 : state === 'open' ? 1 : 2;
  const args = [String(override), String(forMs)];
  const [before = 0] = await runForOperator(overrideScript, breakerStateKeys(name), args);
  return heldStates[before] ?? null;
}
