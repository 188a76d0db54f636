import { breakerNames } from '#lib/outbound/upstreams.ts';
import { getRedis } from '#lib/redis/client.ts';
import { breakerStateKeys } from '#lib/resilience/circuit-breaker-state.ts';

/** Forgets what other tests did to the circuit breakers, which all tests share. */
export async function closeBreakers(): Promise<void> {
  await getRedis().del(...breakerNames().flatMap((name) => breakerStateKeys(name)));
}
