import { Redis } from '@upstash/redis';
import { getConfig } from '#lib/config/get-config.ts';
import type { Config } from '#lib/config/schema.ts';
import { withinDeadline } from '#lib/invocation.ts';

let client: { readonly redis: Redis; readonly config: Config } | undefined;

/**
 * The Redis of this process. Every call ends within REDIS_TIMEOUT_MS and the deadline, is tried once and returns replies as Redis
 * sent them: the client's own defaults retry five times without a time-out and parse strings as JSON.
 */
export function getRedis(): Redis {
  const config = getConfig();
  if (client?.config !== config) client = { redis: createRedis(config), config };
  return client.redis;
}

function createRedis(config: Config): Redis {
  return new Redis({
    url: config.UPSTASH_REDIS_REST_URL,
    token: config.UPSTASH_REDIS_REST_TOKEN,
    retry: false,
    signal: () => AbortSignal.timeout(withinDeadline(config.REDIS_TIMEOUT_MS)),
    automaticDeserialization: false,
    enableAutoPipelining: false,
    enableTelemetry: false,
    cache: 'no-store',
  });
}
