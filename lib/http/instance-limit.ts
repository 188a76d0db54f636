import type { Middleware } from './middleware.ts';
import { applyRateLimit, principalOf } from './rate-limit.ts';
import { rateLimits } from './rate-limits.ts';

const windows = new Map<string, { count: number; endsAtMs: number }>();
// Bounds the memory against callers with many addresses; dropping all of them forgives one window.
const maxWindows = 10_000;

/** Counts a request against the `instance` limit, in this process alone; each operation has a count of its own. */
export function instanceLimit(operation: string): Middleware {
  return {
    before({ event: request }) {
      const counted = countInInstance(
        `rate:${operation}:${principalOf(request)}`,
        rateLimits.instance.windowSeconds * 1000,
        request.startedAt,
      );
      applyRateLimit(request, 'instance', counted);
    },
  };
}

/** Counts one more request under `key` in this process; times in ms of `performance.now()`. */
export function countInInstance(key: string, windowMs: number, nowMs: number) {
  let window = windows.get(key);
  if (!window || window.endsAtMs <= nowMs) {
    if (windows.size >= maxWindows) windows.clear();
    window = { count: 0, endsAtMs: nowMs + windowMs };
    windows.set(key, window);
  }
  window.count += 1;
  return { count: window.count, remainingMs: window.endsAtMs - nowMs };
}
