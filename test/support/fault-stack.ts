import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { migrateDatabase } from '#drizzle/migrate.ts';
import { startPostgres } from '#lib/local/postgres.ts';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { type Fault, startTcpProxy } from './tcp-proxy.ts';

const folder = mkdtempSync(join(tmpdir(), 'plinth-faults-'));
// PostgreSQL runs as another user when this process is root.
chmodSync(folder, 0o755);
const dataDir = join(folder, 'postgres');
const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

let postgres = await startPostgres({ dataDir, settings });
await migrateDatabase(postgres.url);
const { port } = postgres;
const token = 'faults';
let redis = await startRedisEndpoint({ token });
const redisPort = Number(new URL(redis.url).port);
const [databaseProxy, redisProxy] = await Promise.all([
  startTcpProxy({ host: '127.0.0.1', port }),
  startTcpProxy({ host: '127.0.0.1', port: redisPort }),
]);

// Imported before `tenant.ts`, whose own connection goes past the proxy.
process.env.DATABASE_URL = postgres.url;

/** Points the code under test at the proxies, with the budgets of production. */
export function useProxies(): void {
  const viaProxy = (url: string, proxyPort: number) =>
    Object.assign(new URL(url), { port: String(proxyPort) }).href;
  Object.assign(process.env, {
    DATABASE_URL: viaProxy(postgres.url, databaseProxy.port),
    UPSTASH_REDIS_REST_URL: viaProxy(redis.url, redisProxy.port),
    UPSTASH_REDIS_REST_TOKEN: token,
    DATABASE_TIMEOUT_MS: '700',
    REDIS_TIMEOUT_MS: '150',
  });
}

export async function setFaults(faults: { database?: Fault; redis?: Fault }): Promise<void> {
  await Promise.all([databaseProxy.set(faults.database ?? 'pass'), redisProxy.set(faults.redis ?? 'pass')]);
}

/** Stops PostgreSQL, which cuts its connections, and starts it again on the same port and data. */
export async function restartPostgres(): Promise<void> {
  await postgres.stop();
  postgres = await startPostgres({ dataDir, settings, port });
}

/** Stops the Redis endpoint and starts it again, empty, as a Redis without persistence is. */
export async function restartRedis(): Promise<void> {
  await redis.close();
  redis = await startRedisEndpoint({ token, port: redisPort });
}

afterAll(async () => {
  await Promise.all([databaseProxy.close(), redisProxy.close()]);
  await Promise.all([postgres.stop(), redis.close()]);
  rmSync(folder, { recursive: true, force: true });
});
