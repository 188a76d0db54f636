import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrateDatabase } from '#drizzle/migrate.ts';
import { MigrationError } from '#drizzle/migrator/migration-error.ts';
import { seedDatabase } from '#drizzle/seed.ts';
import { getConfig } from '#lib/config/get-config.ts';
import { getMigrationUrl } from '#lib/config/migration-url.ts';
import { settings } from '#lib/config/schema.ts';
import { closePool } from '#lib/db/client.ts';
import { getPostgresError } from '#lib/db/get-postgres-error.ts';
import { toAppError } from '#lib/errors/to-app-error.ts';
import { createSecret } from './create-secret.ts';
import { LocalSetupError } from './local-setup-error.ts';
import { startPostgres } from './postgres.ts';
import { cannotOpen } from './postgres-folder.ts';
import { startRedisEndpoint } from './redis-endpoint.ts';

export type Stack = {
  /** Ends what was started here, connections first. */
  close(): Promise<void>;
};

export const localFolder = join(import.meta.dirname, '../../.local');
const databaseFolder = join(localFolder, 'postgres');
const runningFile = join(localFolder, 'running.json');
const preferredDatabasePort = 54_329;

/**
 * Everything the functions need, in the environment of this process: a migrated and seeded database and a Redis
 * endpoint. They are embedded unless DATABASE_URL and UPSTASH_REDIS_REST_URL are set. `report` gets each finished step;
 * `isFresh` empties the embedded database first; `closers` gets what ends each part, as soon as it runs.
 */
export async function startStack(
  port: number,
  report: (step: string) => void,
  { isFresh = false, closers = [] }: { isFresh?: boolean; closers?: (() => Promise<void>)[] } = {},
): Promise<Stack> {
  const { PLINTH_STAGE: stage = 'local' } = process.env;
  if (stage !== 'local')
    throw new LocalSetupError(
      `PLINTH_STAGE is "${stage}": what starts here is the stage local, so unset it.`,
    );
  const isExternal = hasOwnBackends(process.env);
  const close = async () => {
    for (const closeOne of closers.splice(0).toReversed()) await closeOne();
  };
  try {
    if (!isExternal) await embedBackends(closers, report, isFresh);
    process.env.PLINTH_STAGE ??= 'local';
    process.env.PUBLIC_URL ??= `http://localhost:${port}`;
    process.env.DATABASE_POOL_MAX ??= '10';
    // A laptop is busy with other things as well.
    process.env.DATABASE_TIMEOUT_MS ??= '2000';
    process.env.AUTH_SECRET ??= readSecret();
    // Where Vite serves a web client.
    process.env.ALLOWED_ORIGINS ??= 'http://localhost:5173';
    process.env.REGISTRATION ??= 'open';
    process.env.MAILER ??= 'console';
    process.env.POWERTOOLS_METRICS_DISABLED ??= 'true';
    const { DATABASE_URL, PLINTH_STAGE } = getConfig();
    closers.push(() => closePool(1));
    report(
      `migrations: ${await migrateReachable(isExternal ? await getMigrationUrl() : DATABASE_URL, isExternal)} applied`,
    );
    report(`seed: ${await seedDatabase(DATABASE_URL, PLINTH_STAGE)}`);
    publishEnvironment(closers);
    return { close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Uses the backends of the `npm start` that runs in this checkout; false when none does. */
export function joinRunningStack(): boolean {
  if (!existsSync(runningFile)) return false;
  const { pid, environment } = JSON.parse(readFileSync(runningFile, 'utf8'));
  if (!isAlive(pid)) return false;
  Object.assign(process.env, environment);
  return true;
}

function hasOwnBackends(environment: NodeJS.ProcessEnv): boolean {
  const keys = ['DATABASE_URL', 'UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN'];
  const missing = keys.filter((key) => !environment[key]);
  if (missing.length > 0 && missing.length < keys.length)
    throw new LocalSetupError(
      `${keys.filter((key) => environment[key]).join(' and ')} without ${missing.join(' and ')}: set all three to use your own backends, or none to have them embedded.`,
    );
  return missing.length === 0;
}

async function migrateReachable(databaseUrl: string, isExternal: boolean): Promise<number> {
  try {
    return await migrateDatabase(databaseUrl);
  } catch (error) {
    if (error instanceof MigrationError)
      throw new LocalSetupError(
        isExternal ? error.message : `${error.message}\nnpm start -- --fresh begins with an empty database.`,
      );
    const isRefused = getPostgresError(error) !== undefined || toAppError(error).code === 'unavailable';
    if (!(isRefused && error instanceof Error)) throw error;
    const reason = getPostgresError(error)?.message ?? (error.message || 'no answer');
    throw isExternal
      ? new LocalSetupError(`DATABASE_URL cannot be used (${reason}): does that database run and exist?`)
      : cannotOpen(databaseFolder, reason);
  }
}

async function embedBackends(
  closers: (() => Promise<void>)[],
  report: (step: string) => void,
  isFresh: boolean,
): Promise<void> {
  const database = await startPostgres({
    dataDir: databaseFolder,
    port: preferredDatabasePort,
    isFresh,
  });
  closers.push(() => database.stop());
  report(`PostgreSQL: ${database.url}`);
  const { REDIS_URL } = process.env;
  const redis = await startRedisEndpoint({ token: 'local', ...(REDIS_URL && { redisUrl: REDIS_URL }) });
  closers.push(() => redis.close());
  report(`Redis endpoint: ${redis.url} (${REDIS_URL ? 'your Redis' : 'in memory'})`);
  process.env.DATABASE_URL = database.url;
  process.env.UPSTASH_REDIS_REST_URL = redis.url;
  process.env.UPSTASH_REDIS_REST_TOKEN = redis.token;
}

/** Lets other commands of this checkout find the backends while this process lives. */
function publishEnvironment(closers: (() => Promise<void>)[]): void {
  const keys = Object.keys(settings);
  const environment = Object.fromEntries(keys.map((key) => [key, process.env[key]]));
  mkdirSync(localFolder, { recursive: true });
  writeFileSync(runningFile, JSON.stringify({ pid: process.pid, environment }), { mode: 0o600 });
  closers.push(async () => rmSync(runningFile, { force: true }));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/** Kept between runs, like the signing keys in the database that it seals. */
function readSecret(): string {
  const path = join(localFolder, 'auth-secret');
  if (!existsSync(path)) {
    mkdirSync(localFolder, { recursive: true });
    writeFileSync(path, createSecret(), { mode: 0o600 });
  }
  return readFileSync(path, 'utf8');
}
