import { countInInstance } from './count-in-instance.ts';
import type { Middleware } from './middleware.ts';
import { applyRateLimits, principalOf } from './rate-limit.ts';

/** Counts a request against the `instance` limit, in this process alone; each operation has a count of its own. */
export function instanceLimit(operation: string): Middleware {
  return {
    before({ event: request }) {
      const counters = [{ policy: 'instance', principal: `${operation}:${principalOf(request)}` }] as const;
      applyRateLimits(request, countInInstance(counters, request.startedAt));
    },
  };
}
