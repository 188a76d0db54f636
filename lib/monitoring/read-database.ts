import { sql } from 'drizzle-orm';
import type { Transaction } from '#lib/db/client.ts';
import { SectionUnavailable } from './bounded-section.ts';
import type { DatabaseReport } from './database-schemas.ts';

type Part<K extends keyof DatabaseReport> = NonNullable<DatabaseReport[K]>;

/** How much of what is read comes from memory, and since when PostgreSQL has counted. */
export async function readCache(tx: Transaction): Promise<Part<'cache'>> {
  const [row] = await tx.execute<{ hitShare: number | null; since: string | null; days: number }>(sql`
    select blks_hit::float8 / nullif(blks_hit + blks_read, 0) as "hitShare",
      to_char(stats_reset at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as since,
      extract(epoch from now() - coalesce(stats_reset, pg_postmaster_start_time()))::float8 / 86400 as days
    from pg_stat_database where datname = current_database()`);
  return {
    hitShare: row?.hitShare ?? null,
    statisticsSince: row?.since ?? null,
    statisticsDays: Number((row?.days ?? 0).toFixed(2)),
  };
}

/** The statements with the highest mean time in this database; throws SectionUnavailable without pg_stat_statements. */
export async function readStatements(tx: Transaction): Promise<Part<'slowStatements'>> {
  const [extension] = await tx.execute(sql`select from pg_extension where extname = 'pg_stat_statements'`);
  if (!extension) throw new SectionUnavailable('The extension is not installed');
  const rows = await tx.execute<Part<'slowStatements'>[number]>(sql`
    select left(regexp_replace(query, '\\s+', ' ', 'g'), 1000) as query, calls::float8, mean_exec_time as "meanMs",
      max_exec_time as "maxMs", total_exec_time as "totalMs", rows::float8
    from pg_stat_statements
    where dbid = (select oid from pg_database where datname = current_database()) and query not like '<insufficient%'
      and query ~* '^\\s*(select|insert|update|delete|with|merge)'
    order by mean_exec_time desc limit 200`);
  return [...rows];
}

/** Transactions that have been open for more than 30 seconds: they hold locks, and dead rows. */
export async function readLongRunning(tx: Transaction): Promise<Part<'longRunning'>> {
  const rows = await tx.execute<Part<'longRunning'>[number]>(sql`
    select pid, coalesce(application_name, '') as application, coalesce(state, 'unknown') as state,
      wait_event_type || ': ' || wait_event as "waitsFor",
      round(extract(epoch from clock_timestamp() - xact_start)::numeric, 1)::float8 as seconds
    from pg_stat_activity
    where backend_type = 'client backend' and pid <> pg_backend_pid()
      and xact_start < clock_timestamp() - interval '30 seconds'
    order by xact_start limit 20`);
  return [...rows];
}

/** The tables with the most dead rows. */
export async function readTables(tx: Transaction): Promise<Part<'tables'>> {
  const rows = await tx.execute<Part<'tables'>[number]>(sql`
    select schemaname || '.' || relname as table, n_live_tup::float8 as "liveRows", n_dead_tup::float8 as "deadRows",
      coalesce(n_dead_tup::float8 / nullif(n_live_tup + n_dead_tup, 0), 0) as "deadShare",
      to_char(greatest(last_vacuum, last_autovacuum) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "lastVacuumAt",
      pg_total_relation_size(relid)::float8 as "sizeBytes"
    from pg_stat_user_tables order by n_dead_tup desc, relname limit 20`);
  return [...rows];
}
