import type postgres from 'postgres';
import { createCatalogueFunctions } from './catalogue.ts';
import type { Migration } from './migration-files.ts';

/** A migration that the database has. Those of releases before this table had more columns know their number only. */
export interface Applied {
  readonly id: number;
  readonly createdAt: number;
  readonly name: string | null;
  readonly checksum: string | null;
  readonly appliedAt: string | null;
}

/** Makes drizzle's table, or adds to it what we keep: code of before goes on reading and writing it. */
export const createLedger = `
    create schema if not exists drizzle;
    create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint);
    alter table drizzle.__drizzle_migrations
      add column if not exists name text, add column if not exists checksum text, add column if not exists fingerprint text,
      add column if not exists catalogue jsonb, add column if not exists applied_at timestamptz,
      add column if not exists duration_ms integer;
    ${createCatalogueFunctions}`;

export async function prepareLedger(sql: postgres.Sql): Promise<void> {
  if (!(await hasLedger(sql))) await sql.unsafe(createLedger);
}

/** Whether this database was migrated by a release that keeps fingerprints. */
export async function hasLedger(sql: postgres.Sql): Promise<boolean> {
  const [row] = await sql`select to_regprocedure('drizzle.schema_fingerprint()') is not null as ready`;
  return row?.ready;
}

/** What the database has, in the order in which it got it. */
export async function readLedger(sql: postgres.Sql): Promise<Applied[]> {
  const [table] = await sql`select to_regclass('drizzle.__drizzle_migrations') as name`;
  if (!table?.name) return [];
  // Columns that a table of before does not have are null.
  return sql<
    Applied[]
  >`select id, created_at::float8 as "createdAt", row->>'name' as name, row->>'checksum' as checksum,
      row->>'applied_at' as "appliedAt"
    from drizzle.__drizzle_migrations m, to_jsonb(m) as row order by id`;
}

/** Records a migration with the schema as it is now. */
export async function recordApplied(
  sql: postgres.Sql,
  migration: Migration,
  durationMs: number,
): Promise<void> {
  const { name, hash, createdAt, checksum } = migration;
  await sql`insert into drizzle.__drizzle_migrations (name, hash, created_at, checksum, duration_ms, applied_at, fingerprint, catalogue)
    select ${name}, ${hash}, ${createdAt}::bigint, ${checksum}, ${Math.round(durationMs)}::integer, now(), md5(c::text), c
    from drizzle.schema_catalogue() as c`;
}

export async function recordRolledBack(sql: postgres.Sql, { createdAt }: Migration): Promise<void> {
  await sql`delete from drizzle.__drizzle_migrations where created_at = ${createdAt}::bigint`;
}

/** Takes the schema as it is for what the last migration made. */
export async function acceptSchema(sql: postgres.Sql): Promise<void> {
  await sql`update drizzle.__drizzle_migrations
    set fingerprint = md5(c::text), catalogue = c from drizzle.schema_catalogue() as c
    where id = (select max(id) from drizzle.__drizzle_migrations)`;
}

/** Nobody can tell how the schema should be while a script without a transaction is under way, or has stopped half-way. */
export async function forgetSchema(sql: postgres.Sql): Promise<void> {
  await sql`update drizzle.__drizzle_migrations set fingerprint = null, catalogue = null
    where id = (select max(id) from drizzle.__drizzle_migrations)`;
}

/**
 * What is there and should not be (`+`), or the other way round (`-`), since the last migration: the first line of each object. Undefined
 * when nobody knows how the schema should be.
 */
export async function findDrift(sql: postgres.Sql): Promise<string[] | undefined> {
  const [row] = await sql`
    select fingerprint as expected, md5(now::text) as found, now, catalogue as before
    from drizzle.__drizzle_migrations, drizzle.schema_catalogue() as now order by id desc limit 1`;
  if (!row) return [];
  if (row.expected === null) return undefined;
  if (row.expected === row.found) return [];
  const before = new Set<string>(row.before);
  const now = new Set<string>(row.now);
  return [
    ...[...before].filter((entry) => !now.has(entry)).map((entry) => `- ${firstLine(entry)}`),
    ...[...now].filter((entry) => !before.has(entry)).map((entry) => `+ ${firstLine(entry)}`),
  ];
}

function firstLine(entry: string): string {
  return (entry.split('\n')[0] ?? '').slice(0, 200);
}
