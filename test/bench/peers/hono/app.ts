import { Redis } from 'ioredis';
import { settings } from '#peers/settings.ts';
import { createApp } from './create-app.ts';

const redis = new Redis(settings.redisUrl);

export const app = createApp(
  {
    scriptLoad: (script) => redis.script('LOAD', script) as Promise<string>,
    evalsha: (sha1, keys, args) =>
      redis.evalsha(sha1, keys.length, ...keys, ...(args as string[])) as Promise<never>,
    decr: (key) => redis.decr(key),
    del: (key) => redis.del(key),
  },
  'hono',
);
