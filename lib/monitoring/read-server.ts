import { sql } from 'drizzle-orm';
import type { Actor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { getDatabase } from '#lib/db/transaction.ts';

/** Connections of the whole server, as every instance sees them. */
export interface ServerConnections {
  /** Those that ordinary roles can use. */
  readonly limit: number;
  readonly total: number;
  readonly byState: Readonly<Record<'active' | 'idle' | 'idle_in_transaction' | 'other', number>>;
}

/** How many connections PostgreSQL serves, against how many it accepts. */
export async function readServerConnections(ctx: Context<Actor>): Promise<ServerConnections> {
  const [row] = await getDatabase(ctx).execute<{
    limit: number;
    total: number;
    active: number;
    idle: number;
    waiting: number;
  }>(sql`
    select count(*)::int as total,
      count(*) filter (where state = 'active')::int as active,
      count(*) filter (where state = 'idle')::int as idle,
      count(*) filter (where state like 'idle in transaction%')::int as waiting,
      current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as limit
    from pg_stat_activity where backend_type = 'client backend'`);
  const { limit = 0, total = 0, active = 0, idle = 0, waiting = 0 } = row ?? {};
  const byState = { active, idle, idle_in_transaction: waiting, other: total - active - idle - waiting };
  return { limit, total, byState };
}
