import { sql } from 'drizzle-orm';
import { getPool } from '#lib/db/client.ts';
import type { Check } from '#lib/health/check.ts';

/** Whether somebody has changed the schema by hand: the next migration would find something else than it was written for. */
export const schemaDrift: Check = {
  name: 'database:schemaDrift',
  isCritical: false,
  async observe() {
    const [row] = await getPool().execute(
      sql`select fingerprint as expected, drizzle.schema_fingerprint() as found
        from drizzle.__drizzle_migrations order by id desc limit 1`,
    );
    // Migrated by an earlier release, or by a migration that has not ended: nobody knows how it should be.
    if (!row?.expected || row.expected === row.found) return { status: 'pass' };
    return { status: 'fail', output: 'the schema is not what the migrations made' };
  },
};
