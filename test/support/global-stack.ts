import type { JsonWebKey } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { migrateDatabase } from '#drizzle/migrate.ts';
import { createSecret } from '#lib/local/create-secret.ts';
import { startPostgres } from '#lib/local/postgres.ts';

import { startQuickRedisEndpoint } from './redis-server.ts';
import { startTokenIssuer, type TokenIssuer } from './token-issuer.ts';

declare module 'vitest' {
  interface ProvidedContext {
    databaseUrl: string;
    templateDatabase: string;
    redisUrl: string;
    redisToken: string;
    authSecret: string;
    tokenIssuer: TokenIssuer;
    issuerKey: JsonWebKey;
    /** Whether tests that count do it up to the number of their criterion, or to one that takes a second. */
    isThorough: boolean;
  }
}

const templateDatabase = 'plinth_template';

/** One PostgreSQL and one Redis endpoint for the whole run; the migrated template is cloned for each worker. */
export default async function startStack(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-test-'));
  // PostgreSQL runs as another user when this process is root.
  chmodSync(folder, 0o755);
  const [server, redis, issuer] = await Promise.all([
    startPostgres({
      dataDir: join(folder, 'postgres'),
      settings: {
        fsync: 'off',
        synchronous_commit: 'off',
        full_page_writes: 'off',
        // Of 5,000 it forgets some, while a test counts by it.
        'pg_stat_statements.max': '50000',
      },
    }),
    startQuickRedisEndpoint('test-token'),
    startTokenIssuer(),
  ]);
  const admin = postgres(server.url, { max: 1, onnotice: () => {} });
  await admin.unsafe(`create database ${templateDatabase}`);
  await admin.end();
  await migrateDatabase(server.url.replace(/\/[^/]*$/, `/${templateDatabase}`));
  project.provide('databaseUrl', server.url);
  project.provide('templateDatabase', templateDatabase);
  project.provide('redisUrl', redis.url);
  project.provide('redisToken', redis.token);
  project.provide('authSecret', createSecret());
  project.provide('tokenIssuer', issuer.trusted);
  project.provide('issuerKey', issuer.privateJwk);
  project.provide('isThorough', project.name === 'faults');
  return async () => {
    issuer.close();
    await Promise.all([server.stop(), redis.close()]);
    rmSync(folder, { recursive: true, force: true });
  };
}
