import { sql } from './tenant.ts';

/** Until so many statements wait for a lock: then what they wait for can be decided. */
export async function untilWaiting(statements: number): Promise<void> {
  for (let waiting = 0; waiting < statements; ) {
    const [row] = await sql`
      select count(*)::int as waiting from pg_stat_activity
      where wait_event_type = 'Lock' and datname = current_database()`;
    waiting = row?.waiting;
  }
}
