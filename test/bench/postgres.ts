import { join } from 'node:path';
import { migrateDatabase } from '#drizzle/migrate.ts';
import { createSecret } from '#lib/local/create-secret.ts';
import { startPostgres } from '#lib/local/postgres.ts';
import { makeFolder, removeFolder } from './leftovers.ts';

const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '256MB',
};

/**
 * A PostgreSQL that nobody else uses, migrated and gone at the end; the settings of the product name it. What reads them has to be imported
 * by `measure`. Redis is away.
 */
export async function withPostgres(
  measure: (url: string) => Promise<void>,
  more: Record<string, string> = {},
): Promise<void> {
  const folder = makeFolder();
  const server = await startPostgres({
    dataDir: join(folder, 'postgres'),
    settings: { ...settings, ...more },
  });
  try {
    await migrateDatabase(server.url);
    Object.assign(process.env, {
      PLINTH_STAGE: 'test',
      DATABASE_URL: server.url,
      UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:1',
      UPSTASH_REDIS_REST_TOKEN: 'bench',
      AUTH_SECRET: createSecret(),
      // A line a run, which a terminal would have to show.
      POWERTOOLS_METRICS_DISABLED: 'true',
    });
    await measure(server.url);
  } finally {
    await server.stop();
    removeFolder(folder);
  }
}
