import { join } from 'node:path';
import postgres from 'postgres';
import { migrateDatabase } from '#drizzle/migrate.ts';
import { createSecret } from '#lib/local/create-secret.ts';
import { startPostgres } from '#lib/local/postgres.ts';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { makeFolder, removeFolder } from './leftovers.ts';
import { loadProjects, organizationId, ownerIds, rows } from './projects/million.ts';

// Lists, counts and deep pages at 1,000,000 projects of one organization. Ends with 1 when a plan or an estimate is not what is promised.
const folder = makeFolder();
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  maintenance_work_mem: '512MB',
};
const server = await startPostgres({ dataDir: join(folder, 'postgres'), settings });
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
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  const loadedAt = performance.now();
  await loadProjects(sql);
  console.log(`${rows} projects loaded in ${((performance.now() - loadedAt) / 1000).toFixed(0)} s\n`);
  Object.assign(process.env, {
    PLINTH_STAGE: 'test',
    DATABASE_URL: server.url,
    UPSTASH_REDIS_REST_URL: redis.url,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
    REDIS_TIMEOUT_MS: '1000',
    DATABASE_TIMEOUT_MS: '5000',
    AUTH_SECRET: createSecret(),
    POWERTOOLS_METRICS_DISABLED: 'true',
  });
  // Only now: what these import reads its settings when it is imported.
  const { findDeepPositions, measurePages, measureStats } = await import('./projects/pages.ts');
  const { checkPlans } = await import('./projects/plans.ts');
  const { checkEstimates } = await import('./projects/estimates.ts');
  const { measureRequests } = await import('./projects/requests.ts');
  const { measureWrites } = await import('./projects/writes.ts');
  const { closePool } = await import('#lib/db/client.ts');
  const [userId = ''] = ownerIds;
  const ctx = {
    actor: { type: 'user', userId, organizationId, roles: ['owner'], session: undefined },
    requestId: 'bench',
    now: new Date(),
    signal: new AbortController().signal,
  } as const;

  const positions = await findDeepPositions(sql);
  await measurePages(ctx, positions);
  await measureStats(ctx, sql);
  const broken = [...(await checkPlans(ctx, sql, positions)), ...(await checkEstimates(ctx))];
  await measureWrites(sql);
  await measureRequests(ctx, server.url);
  await closePool(1);
  await sql.end();
  for (const promise of broken) console.error(`Broken: ${promise}`);
  if (broken.length > 0) process.exitCode = 1;
}
