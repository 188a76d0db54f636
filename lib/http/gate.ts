import { logger } from '#lib/observability/logger.ts';
import { gateScript } from '#lib/redis/gate-script.ts';
import { runScript } from '#lib/redis/run-script.ts';
import { countInInstance } from './instance-limit.ts';
import type { Middleware } from './middleware.ts';
import { applyRateLimit, principalOf } from './rate-limit.ts';
import { type RateLimitName, rateLimits } from './rate-limits.ts';

/** The one Redis round trip of a request: counts it against its limit, across all instances. */
export function gate(policy: Exclude<RateLimitName, 'instance'>): Middleware {
  return {
    async before({ event: request }) {
      const windowMs = rateLimits[policy].windowSeconds * 1000;
      const key = `rate:${policy}:${principalOf(request)}`;
      applyRateLimit(request, policy, await countInFleet(key, windowMs, request.startedAt));
    },
  };
}

/** Without Redis the instance counts alone: the limit loosens to once per instance, but never goes away. */
async function countInFleet(key: string, windowMs: number, nowMs: number) {
  try {
    const [count, remainingMs] = await runScript<[number, number]>(gateScript, [key], [String(windowMs)]);
    return { count: Number(count), remainingMs: Number(remainingMs) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (isAway(error))
      logger.warn('Redis does not answer: this instance counts alone', { reason: error.message });
    else if (isRefusal(error)) logger.error('Redis refuses the gate: this instance counts alone', { error });
    else throw error;
    return countInInstance(key, windowMs, nowMs);
  }
}

/** What `fetch` throws when nobody answers, or not in time. */
function isAway(error: Error): boolean {
  return error instanceof TypeError || ['TimeoutError', 'AbortError'].includes(error.name);
}

/** What the client throws for an answer other than 2xx: a quota, a wrong token, a failing script. */
function isRefusal(error: Error): boolean {
  return ['UpstashError', 'UpstashJSONParseError'].includes(error.name);
}
