import { sql } from 'drizzle-orm';
import { getPool } from '#lib/db/client.ts';
import type { Check } from '#lib/health/check.ts';

// Ten times what a statement may take at the 95th percentile, as this one may have to wait for a new connection.
const slowMs = 500;

/** How long PostgreSQL takes for a statement that needs no table. */
export const databaseResponseTime: Check = {
  name: 'database:responseTime',
  isCritical: true,
  dependency: 'database',
  async observe() {
    const startedAt = performance.now();
    const [row] = await getPool().execute(sql`select 1 as one`);
    // An answer that belongs to another statement would be the worst of failures (ADR 0016).
    if (row?.one !== 1) throw new Error('select 1 has not answered 1');
    const value = performance.now() - startedAt;
    return value < slowMs
      ? { status: 'pass', value, unit: 'ms' }
      : { status: 'warn', value, unit: 'ms', output: 'answers slowly' };
  },
};
