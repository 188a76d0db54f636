import { join } from 'node:path';
import * as z from 'zod';
import { migrateDatabase } from '#drizzle/migrate.ts';
import type { Endpoint } from '#lib/http/create-pipeline.ts';
import { createSecret } from '#lib/local/create-secret.ts';
import { startPostgres } from '#lib/local/postgres.ts';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { makeFolder, removeFolder } from './leftovers.ts';

// What a bearer token adds to a request: the same endpoint public and not, called in turn.
const folder = makeFolder();
const server = await startPostgres({ dataDir: join(folder, 'postgres') });
// Without REDIS_URL the endpoint interprets the gate's script itself, which takes longer than a Redis.
const { REDIS_URL: redisUrl } = process.env;
const redis = await startRedisEndpoint({ token: 'bench', ...(redisUrl && { redisUrl }) });
try {
  await measure();
} finally {
  await redis.close();
  await server.stop();
  removeFolder(folder);
}

async function measure(): Promise<void> {
  await migrateDatabase(server.url);
  Object.assign(process.env, {
    PLINTH_STAGE: 'test',
    POWERTOOLS_METRICS_DISABLED: 'true',
    DATABASE_URL: server.url,
    UPSTASH_REDIS_REST_URL: redis.url,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
    REDIS_TIMEOUT_MS: '1000',
    AUTH_SECRET: createSecret(),
  });
  const { defineEndpoint } = await import('#lib/http/define-endpoint.ts');
  const { definePublicEndpoint } = await import('#lib/http/define-public-endpoint.ts');
  const { logger } = await import('#lib/observability/logger.ts');
  const { closePool } = await import('#lib/db/client.ts');
  Reflect.set(logger, 'console', { info: () => undefined });
  const shape = {
    method: 'GET',
    path: '/bench',
    summary: '',
    rateLimit: 'read',
    statements: 0,
    response: { status: 200, schema: z.object({}) },
  } as const;
  const run = async () => ({});
  const open = definePublicEndpoint({ ...shape, id: 'open' }, run);
  const closed = defineEndpoint({ ...shape, id: 'closed', access: { permission: 'projects:read' } }, run);
  const tokens = await Promise.all(Array.from({ length: 40 }, makeToken));
  await report(open, closed, tokens);
  await closePool(1);
}

/** A user's access token whose session Redis knows. */
async function makeToken(): Promise<string> {
  const { issueAccessToken } = await import('#lib/auth/issue-access-token.ts');
  const { tellFleet } = await import('#lib/sessions/fleet-state.ts');
  const [userId, organizationId] = [crypto.randomUUID(), crypto.randomUUID()];
  const now = new Date();
  const authenticatedAtSeconds = Math.floor(now.getTime() / 1000);
  const session = { id: crypto.randomUUID(), generation: 1, authenticatedAtSeconds };
  await tellFleet([session]);
  const actor = { type: 'user', userId, organizationId, roles: ['owner'], session } as const;
  return (await issueAccessToken(actor, now, new Date(now.getTime() + 3_600_000))).accessToken;
}

async function report(open: Endpoint, closed: Endpoint, tokens: readonly string[]): Promise<void> {
  const { lambdaContext, toEvent } = await import('#test/support/event.ts');
  const context = lambdaContext(3_600_000);
  const times: Record<'public' | 'bearer token', number[]> = { public: [], 'bearer token': [] };
  const rounds = 10_000;
  for (let round = -500; round < rounds; round++)
    for (const [name, endpoint] of [
      ['public', open],
      ['bearer token', closed],
    ] as const) {
      const token = endpoint === closed ? tokens[Math.abs(round) % tokens.length] : undefined;
      const event = toEvent(endpoint, { token });
      const before = performance.now();
      const { statusCode } = await endpoint(event, context);
      if (round >= 0) times[name].push(performance.now() - before);
      if (statusCode !== 200) throw new Error(`${name}: ${statusCode}`);
    }
  const quantile = (values: number[], q: number) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length * q)] ?? 0;
  console.log(`| ${rounds} requests each | p50 ms | p99 ms |\n| --- | --- | --- |`);
  for (const [name, values] of Object.entries(times))
    console.log(`| ${name} | ${quantile(values, 0.5).toFixed(3)} | ${quantile(values, 0.99).toFixed(3)} |`);
  const added = (q: number) => (quantile(times['bearer token'], q) - quantile(times.public, q)).toFixed(3);
  console.log(`| what the token adds | ${added(0.5)} | ${added(0.99)} |`);
}
