import { breakerNames } from '#lib/outbound/upstreams.ts';
import { readBreakers } from './read-breakers.ts';
import type { CircuitBreakerList } from './schemas.ts';

/** The circuit breakers of all services that are called. */
export async function listBreakers(): Promise<CircuitBreakerList> {
  return { items: await readBreakers(breakerNames()) };
}
