import { createHash } from 'node:crypto';
import { getInvocation } from '#lib/invocation.ts';
import { logger } from '#lib/observability/logger.ts';
import { noteSpan } from '#lib/observability/spans.ts';
import { getRedis } from './client.ts';

/** A Lua script with its SHA-1, by which the server knows it. */
export interface Script {
  readonly source: string;
  readonly sha1: string;
}

/** Thrown in place of a call: Redis was away a moment ago, and somebody else is about to find out whether it is back. */
class RedisPaused extends Error {
  override readonly name = 'RedisPaused';
}

// An outage costs the budget of a call once a second and instance, not with every request; recovery is noticed as soon.
const pauseMs = 1_000;
let pausedUntilMs = 0;

/** A script that is hashed when it is first run: most functions define more than they run. */
export function defineScript(source: string): Script {
  let sha1: string | undefined;
  return {
    source,
    get sha1() {
      sha1 ??= createHash('sha1').update(source).digest('hex');
      return sha1;
    },
  };
}

/** Runs a script in one round trip; in two when the server does not know it yet, which is once after it starts. */
export async function runScript<T>(script: Script, keys: string[], args: string[]): Promise<T> {
  const startedAt = performance.now();
  try {
    return await evaluate<T>(script, keys, args);
  } finally {
    const invocation = getInvocation();
    if (invocation) invocation.redisMs += performance.now() - startedAt;
    noteSpan('redis', startedAt, 'client');
  }
}

/**
 * The same for callers who can do without: after such a call that found Redis away, those of the next second throw `RedisPaused` at
 * once, then one tries.
 */
export async function runScriptUnlessAway<T>(script: Script, keys: string[], args: string[]): Promise<T> {
  const pauseSeen = claimTurn(performance.now());
  try {
    const reply = await runScript<T>(script, keys, args);
    pausedUntilMs = 0;
    return reply;
  } catch (error) {
    if (!isAway(error)) pausedUntilMs = 0;
    // Of calls under way together the first to fail begins the pause.
    else if (pausedUntilMs === pauseSeen) beginPause(error);
    throw error;
  }
}

function claimTurn(nowMs: number): number {
  if (nowMs < pausedUntilMs) throw new RedisPaused('Redis was away less than a second ago');
  if (pausedUntilMs > 0) pausedUntilMs = nowMs + pauseMs;
  return pausedUntilMs;
}

function beginPause(error: unknown): void {
  pausedUntilMs = performance.now() + pauseMs;
  logger.warn('Redis does not answer: this instance does without it for a second', { reason: `${error}` });
}

async function evaluate<T>({ sha1, source }: Script, keys: string[], args: string[]): Promise<T> {
  const redis = getRedis();
  try {
    return await redis.evalsha<string[], T>(sha1, keys, args);
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('NOSCRIPT'))) throw error;
    return await redis.eval<string[], T>(source, keys, args);
  }
}

/** True when nobody answered, or not in time, and for `RedisPaused`. */
export function isAway(error: unknown): boolean {
  return error instanceof Error && ['RedisAway', 'RedisPaused'].includes(error.name);
}

/** True for what the client throws for an answer other than 2xx: a quota, a wrong token, a failing script. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && ['UpstashError', 'UpstashJSONParseError'].includes(error.name);
}

/** True for both: Redis has not done what it was asked to, and the caller has to do without. */
export function isUnanswered(error: unknown): boolean {
  return isAway(error) || isRefusal(error);
}
