import { createHash } from 'node:crypto';
import { getInvocation } from '#lib/invocation.ts';
import { getRedis } from './client.ts';

/** A Lua script with its SHA-1, by which the server knows it. */
export interface Script {
  readonly source: string;
  readonly sha1: string;
}

export function defineScript(source: string): Script {
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}

/** Runs a script in one round trip; in two when the server does not know it yet, which is once after it starts. */
export async function runScript<T>(script: Script, keys: string[], args: string[]): Promise<T> {
  const redis = getRedis();
  const startedAt = performance.now();
  try {
    return await redis.evalsha<string[], T>(script.sha1, keys, args);
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('NOSCRIPT'))) throw error;
    return await redis.eval<string[], T>(script.source, keys, args);
  } finally {
    const invocation = getInvocation();
    if (invocation) invocation.redisMs += performance.now() - startedAt;
  }
}

/** True for what `fetch` throws when nobody answers, or not in time. */
export function isAway(error: unknown): boolean {
  return (
    error instanceof TypeError ||
    (error instanceof Error && ['TimeoutError', 'AbortError'].includes(error.name))
  );
}

/** True for what the client throws for an answer other than 2xx: a quota, a wrong token, a failing script. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && ['UpstashError', 'UpstashJSONParseError'].includes(error.name);
}
