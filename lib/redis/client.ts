import { Redis } from '@upstash/redis';
import { getConfig } from '#lib/config/get-config.ts';
import type { Config } from '#lib/config/schema.ts';
import { withinDeadline } from '#lib/invocation.ts';
import { RestRequester } from './rest-requester.ts';

let client: { readonly redis: Redis; readonly config: Config } | undefined;

/**
 * The Redis of this process. Every call ends within REDIS_TIMEOUT_MS and the deadline, and returns replies as Redis sent them: the
 * client would parse strings as JSON.
 */
export function getRedis(): Redis {
  const config = getConfig();
  if (client?.config !== config) client = { redis: new PlainRedis(config), config };
  return client.redis;
}

class PlainRedis extends Redis {
  constructor({ UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token, REDIS_TIMEOUT_MS }: Config) {
    super(new RestRequester(url, token, () => withinDeadline(REDIS_TIMEOUT_MS)));
    this.opts = { automaticDeserialization: false };
  }
}
