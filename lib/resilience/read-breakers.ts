import { AppError } from '#lib/errors/app-error.ts';
import { breakerNames } from '#lib/outbound/upstreams.ts';
import { defineScript, isUnanswered, runScript, type Script } from '#lib/redis/run-script.ts';
import { breakerStateKeys } from './circuit-breaker-state.ts';
import type { CircuitBreaker } from './schemas.ts';

/** Lua: adds to `reply` what holds of the breaker whose keys begin at `index`. */
export const readState = `
  reply[#reply + 1] = math.max(redis.call('PTTL', KEYS[index]), 0)
  reply[#reply + 1] = tonumber(redis.call('GET', KEYS[index + 1]) or '0')
  reply[#reply + 1] = tonumber(redis.call('GET', KEYS[index + 2]) or '0')
  reply[#reply + 1] = math.max(redis.call('PTTL', KEYS[index + 2]), 0)`;

const readScript = defineScript(`
local reply = {}
for index = 1, #KEYS, 3 do${readState}
end
return reply
`);

/** What the whole fleet goes by, of each breaker; throws `unavailable` when Redis does not say. */
export async function readBreakers(names: readonly string[]): Promise<CircuitBreaker[]> {
  const reply = await runForOperator(readScript, names.flatMap(breakerStateKeys), []);
  return names.map((name, index) => describeBreaker(name, reply.slice(index * 4, index * 4 + 4)));
}

/** One of them; throws `not_found` for a service that nobody calls. */
export async function readBreaker(name: string): Promise<CircuitBreaker> {
  if (!breakerNames().includes(name)) throw new AppError('not_found', 'There is no such circuit breaker');
  const [breaker] = await readBreakers([name]);
  return breaker as CircuitBreaker;
}

/** What the four numbers of `readState` say. */
export function describeBreaker(
  name: string,
  [openMs = 0, trips = 0, override = 0, overrideMs = 0]: readonly number[],
): CircuitBreaker {
  const heldState = heldStates[override];
  const ownState = openMs > 0 ? 'open' : trips > 0 ? 'half_open' : 'closed';
  return {
    name,
    state: heldState ?? ownState,
    trips,
    probeInSeconds: heldState || trips === 0 ? null : Math.ceil(openMs / 1000),
    override: heldState ? { state: heldState, expiresInSeconds: Math.ceil(overrideMs / 1000) } : null,
  };
}

// As Redis keeps an override.
const heldStates: Record<number, 'open' | 'closed'> = { 1: 'open', 2: 'closed' };

/** Runs a script whose outcome the caller has to know: there is no answer without Redis. */
export async function runForOperator(script: Script, keys: string[], args: string[]): Promise<number[]> {
  try {
    return (await runScript<unknown[]>(script, keys, args)).map(Number);
  } catch (error) {
    if (isUnanswered(error))
      throw new AppError('unavailable', 'Redis does not answer for the circuit breakers', { cause: error });
    throw error;
  }
}
