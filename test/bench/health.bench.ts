import { join } from 'node:path';
import { migrateDatabase } from '#drizzle/migrate.ts';
import type { Endpoint } from '#lib/http/create-pipeline.ts';
import { createSecret } from '#lib/local/create-secret.ts';
import { startPostgres } from '#lib/local/postgres.ts';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { makeFolder, removeFolder } from './leftovers.ts';

// Liveness within 5 ms, readiness within 10 ms while its look is shared; and what a look costs.
const folder = makeFolder();
const server = await startPostgres({ dataDir: join(folder, 'postgres') });
const redis = await startRedisEndpoint({ token: 'bench' });
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
  const { handler: live } = await import('#functions/health/get-liveness.ts');
  const { handler: ready } = await import('#functions/health/get-readiness.ts');
  const { forgetObservations } = await import('#lib/health/observe-checks.ts');
  const { logger } = await import('#lib/observability/logger.ts');
  const { closePool } = await import('#lib/db/client.ts');
  Reflect.set(logger, 'console', { info: () => undefined });
  console.log('| | p50 ms | p99 ms |\n| --- | --- | --- |');
  await report('live', live, 20_000);
  await report('ready, shared look', ready, 20_000);
  await report('ready, a look each', ready, 1_000, forgetObservations);
  await closePool(1);
}

async function report(name: string, endpoint: Endpoint, calls: number, before = () => {}): Promise<void> {
  const { lambdaContext, toEvent } = await import('#test/support/event.ts');
  const durations: number[] = [];
  for (let count = -100; count < calls; count++) {
    const event = toEvent(endpoint, {});
    before();
    const startedAt = performance.now();
    const { statusCode } = await endpoint(event, lambdaContext());
    if (count >= 0) durations.push(performance.now() - startedAt);
    if (statusCode !== 200) throw new Error(`${name}: ${statusCode}`);
  }
  durations.sort((a, b) => a - b);
  const quantile = (share: number) => (durations[Math.floor(durations.length * share)] ?? 0).toFixed(2);
  console.log(`| ${name} | ${quantile(0.5)} | ${quantile(0.99)} |`);
}
