import { sql } from './tenant.ts';

await sql`create extension if not exists pg_stat_statements`;

/**
 * Statements that the application's connections have sent, as PostgreSQL itself counts them; what looks at its views is no work of theirs,
 * but for what asks a replica how far behind it is.
 */
export async function countStatements(): Promise<number> {
  const [row] = await sql`
    select coalesce(sum(calls), 0)::int as calls from pg_stat_statements
    where dbid = (select oid from pg_database where datname = current_database()) and toplevel
      and query !~* 'pg_stat(?!_wal_receiver)|^ *(begin|commit|savepoint|release)'`;
  return row?.calls;
}
