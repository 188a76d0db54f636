import { sql } from 'drizzle-orm';
import { getPool } from '#lib/db/client.ts';
import type { Check } from '#lib/health/check.ts';
import { knownMigrations } from '#lib/health/known-migrations.ts';

/**
 * How many of the migrations that this release was built with the database lacks. A newer schema passes: it has to get along with the
 * release before it.
 */
export const databaseMigrations: Check = {
  name: 'database:migrations',
  isCritical: true,
  dependency: 'database',
  async observe() {
    const rows = await getPool().execute(
      sql`select created_at::text as created_at from drizzle.__drizzle_migrations where created_at >= ${knownMigrations[0]}`,
    );
    const applied = new Set(rows.map(({ created_at }) => Number(created_at)));
    const value = knownMigrations.filter((createdAt) => !applied.has(createdAt)).length;
    const unit = 'migrations';
    if (value === 0) return { status: 'pass', value, unit };
    return { status: 'fail', value, unit, output: 'the database is behind the code' };
  },
};
