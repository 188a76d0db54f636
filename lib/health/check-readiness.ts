import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { getPool } from '#lib/db/client.ts';
import { getRedis } from '#lib/redis/client.ts';
import { runCheck } from './run-check.ts';
import type { HealthReport } from './schemas.ts';

/** Whether this instance can do its work now: the database has to answer, Redis may be away. Ends within 1 s. */
export async function checkReadiness(ctx: Context<undefined>): Promise<HealthReport> {
  const [database, redis] = await Promise.all([
    runCheck(ctx, 'fail', async () => getPool().execute(sql`select 1`)),
    runCheck(ctx, 'warn', () => getRedis().ping()),
  ]);
  const status = [database, redis].map((check) => check.status);
  return {
    status: status.includes('fail') ? 'fail' : status.includes('warn') ? 'warn' : 'pass',
    checks: { 'database:responseTime': [database], 'redis:responseTime': [redis] },
  };
}
