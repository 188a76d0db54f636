import type { CopyConnection } from '#lib/db/copy-connection.ts';
import { BackupError } from './backup-error.ts';
import type { Manifest } from './manifest.ts';

/** A table with the columns that are stored in it: not those that PostgreSQL computes. */
export interface TableShape {
  readonly name: string;
  readonly columns: readonly string[];
  /** Of the columns, in their order; unknown of a backup that an earlier release made. */
  readonly types?: readonly string[] | undefined;
}

/** Every table of the schema `public`, by name; not those of extensions. */
export async function listTables(connection: CopyConnection): Promise<TableShape[]> {
  const rows = await connection.send(`
    select relname as name, json_agg(attname order by attnum) as columns,
      json_agg(format_type(atttypid, atttypmod) order by attnum) as types
    from pg_class join pg_attribute on attrelid = pg_class.oid
    where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped and attgenerated = ''
      and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e')
    group by relname order by relname`);
  return rows as unknown as TableShape[];
}

/** Where each sequence stands; those that were never used are left out. Throws BackupError for one that the role may not read. */
export async function listSequences(connection: CopyConnection): Promise<Manifest['sequences']> {
  // The view has null for it, as for one that was never used: a restore would begin it anew.
  const [hidden] = await connection.send(`
    select oid::regclass::text as name from pg_class
    where relnamespace = 'public'::regnamespace
      and case when relkind = 'S' then not has_sequence_privilege(oid, 'USAGE,SELECT') end limit 1`);
  if (hidden) throw new BackupError(`the role may not read the sequence ${hidden.name}: grant it SELECT`);
  const rows = await connection.send(`
    select sequencename as name, last_value::text as value from pg_sequences
    where schemaname = 'public' and last_value is not null order by 1`);
  return rows as Manifest['sequences'];
}

/** The migrations that made the schema, oldest first. */
export async function listMigrations(connection: CopyConnection): Promise<Manifest['migrations']> {
  const rows = await connection.send(`
    select created_at::float8 as "createdAt", checksum from drizzle.__drizzle_migrations order by created_at`);
  return rows as Manifest['migrations'];
}

/** Every object of the schema, a line each, as drizzle/migrator/catalogue.ts describes it; undefined where an older release migrated last. */
export async function readCatalogue(connection: CopyConnection): Promise<string[] | undefined> {
  const [ledger] = await connection.send(
    `select to_regprocedure('drizzle.schema_catalogue()') is not null as "hasCatalogue"`,
  );
  if (!ledger?.hasCatalogue) return undefined;
  const [row] = await connection.send('select drizzle.schema_catalogue()::text as lines');
  return JSON.parse(String(row?.lines));
}

/** The rows of a table as COPY writes them, in the order in which they are stored. */
export function copyTableOut(connection: CopyConnection, table: TableShape) {
  return connection.copyOut(`copy ${tableWithColumns(table)} to stdout`);
}

/** `"table" ("column", …)` for COPY. */
export function tableWithColumns({ name, columns }: TableShape): string {
  return `${quoted(name)} (${columns.map(quoted).join(', ')})`;
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** For a session of operators' work that may take as long as it takes, whatever limits its role has: in any version that PostgreSQL has of them. */
export const sessionSettings = `
  set statement_timeout = 0;
  select set_config(name, '0', false) from pg_settings
  where name in ('lock_timeout', 'transaction_timeout', 'idle_session_timeout', 'idle_in_transaction_session_timeout');`;

/**
 * For a transaction that moves tables: it may take as long as it takes, but the server notices within seconds when nobody waits for it any
 * more; and the text of the rows depends on no setting of a role or server.
 */
export const transactionSettings = `
  set local statement_timeout = 0;
  set local idle_in_transaction_session_timeout = 0;
  set local client_connection_check_interval = '5s';
  set local search_path = public;
  set local timezone = 'UTC';
  set local datestyle = 'ISO';
  set local intervalstyle = 'postgres';
  set local bytea_output = 'hex';
  set local extra_float_digits = 1;
  set local synchronize_seqscans = off;
  set local row_security = off;`;
