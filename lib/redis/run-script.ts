import { getRedis } from './client.ts';

/** A Lua script with its SHA-1, by which the server knows it. */
export interface Script {
  readonly source: string;
  readonly sha1: string;
}

/** Runs a script in one round trip; in two when the server does not know it yet, which is once after it starts. */
export async function runScript<T>(script: Script, keys: string[], args: string[]): Promise<T> {
  const redis = getRedis();
  try {
    return await redis.evalsha<string[], T>(script.sha1, keys, args);
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('NOSCRIPT'))) throw error;
    return redis.eval<string[], T>(script.source, keys, args);
  }
}
