import { Redis } from '@upstash/redis';
import { createApp } from '#peers/hono/create-app.ts';
import { settings } from '#peers/settings.ts';

// As the documentation of hono-rate-limiter begins, and as who has no VPC does: the same Redis as ours, by Upstash's own client.
export const app = createApp(
  new Redis({ url: settings.redisRestUrl, token: settings.redisRestToken }),
  'hono-rest',
);
