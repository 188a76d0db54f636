import { logger } from '#lib/observability/logger.ts';
import { defineScript, isUnanswered, runScript } from '#lib/redis/run-script.ts';
import { openingsKey } from './circuit-breaker-script.ts';

/** A breaker that opened, and how often since somebody took notice. */
export interface BreakerOpenings {
  readonly name: string;
  readonly count: number;
}

const readScript = defineScript(`
local reply = {}
for index = 1, #KEYS do reply[index] = tonumber(redis.call('GET', KEYS[index]) or '0') end
return reply
`);

const forgetScript = defineScript(`
for index = 1, #KEYS do
  if redis.call('DECRBY', KEYS[index], ARGV[index]) <= 0 then redis.call('DEL', KEYS[index]) end
end
return {}
`);

/** The breakers that opened since `forgetOpenings`, within a day; none while Redis does not say, which has them for later. */
export async function readOpenings(names: readonly string[]): Promise<BreakerOpenings[]> {
  try {
    const counts = await runScript<unknown[]>(readScript, names.map(openingsKey), []);
    return names
      .map((name, index) => ({ name, count: Number(counts[index]) }))
      .filter(({ count }) => count > 0);
  } catch (error) {
    if (!isUnanswered(error)) throw error;
    logger.warn('nobody knows which circuit breakers have opened', { error: error as Error });
    return [];
  }
}

/** To be called once somebody has been told; what opened meanwhile stays. Throws when Redis does not answer. */
export async function forgetOpenings(openings: readonly BreakerOpenings[]): Promise<void> {
  if (openings.length === 0) return;
  const counts = openings.map(({ count }) => String(count));
  await runScript(
    forgetScript,
    openings.map(({ name }) => openingsKey(name)),
    counts,
  );
}
