import { sql } from 'drizzle-orm';
import type { Transaction } from '#lib/db/client.ts';
import type { ForeignKeyRow, IndexRow, TableRow } from './catalog-rows.ts';

const ours = sql`n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname !~ '^pg_temp'`;

/** Every index of tables that are not PostgreSQL's own. */
export async function readIndexes(tx: Transaction): Promise<IndexRow[]> {
  const rows = await tx.execute<IndexRow & Record<string, unknown>>(sql`
    select n.nspname as schema, t.relname as table, c.relname as name, am.amname as method,
      keys.names as keys, keys.traits as "keyTraits", keys.included,
      i.indexprs is not null as "hasExpressions", pg_get_expr(i.indpred, i.indrelid) as predicate,
      i.indisunique as "isUnique", i.indnullsnotdistinct as "nullsNotDistinct",
      i.indisprimary or i.indisexclusion or i.indisreplident or i.indisclustered or c.relispartition
        or exists (select from pg_constraint where conindid = i.indexrelid) as "isNeeded",
      i.indisvalid and i.indisready as "isValid",
      exists (select from pg_stat_progress_create_index p where p.index_relid = i.indexrelid) as "isInProgress",
      coalesce(s.idx_scan, 0)::float8 as scans, pg_relation_size(i.indexrelid)::float8 as "sizeBytes",
      pg_get_indexdef(i.indexrelid) as definition
    from pg_index i
      join pg_class c on c.oid = i.indexrelid and c.relkind = 'i'
      join pg_class t on t.oid = i.indrelid
      join pg_namespace n on n.oid = t.relnamespace
      join pg_am am on am.oid = c.relam
      left join pg_stat_user_indexes s on s.indexrelid = i.indexrelid
      cross join lateral (
        select
          coalesce(json_agg(coalesce(a.attname, '(' || pg_get_indexdef(i.indexrelid, k.n::int, true) || ')') order by k.n)
            filter (where k.n <= i.indnkeyatts), '[]') as names,
          coalesce(json_agg(i.indclass[k.n - 1] || ' ' || i.indcollation[k.n - 1] || ' ' || i.indoption[k.n - 1] order by k.n)
            filter (where k.n <= i.indnkeyatts), '[]') as traits,
          coalesce(json_agg(a.attname order by k.n) filter (where k.n > i.indnkeyatts), '[]') as included
        from unnest(i.indkey::int2[]) with ordinality k (attnum, n)
          left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum and k.attnum > 0
      ) keys
    where ${ours}
    order by n.nspname, t.relname, c.relname`);
  return [...rows];
}

export async function readForeignKeys(tx: Transaction): Promise<ForeignKeyRow[]> {
  const rows = await tx.execute<ForeignKeyRow & Record<string, unknown>>(sql`
    select n.nspname as schema, t.relname as table, f.conname as name, f.confrelid::regclass::text as "referencedTable",
      (select json_agg(a.attname order by k.n) from unnest(f.conkey) with ordinality k (attnum, n)
        join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.attnum) as columns
    from pg_constraint f join pg_class t on t.oid = f.conrelid join pg_namespace n on n.oid = t.relnamespace
    where f.contype = 'f' and f.conparentid = 0 and ${ours}
    order by n.nspname, t.relname, f.conname`);
  return [...rows];
}

/** How the tables are read. */
export async function readTableScans(tx: Transaction): Promise<TableRow[]> {
  const rows = await tx.execute<TableRow & Record<string, unknown>>(sql`
    select s.schemaname as schema, s.relname as table, s.n_live_tup::float8 as "liveRows",
      s.seq_scan::float8 as "sequentialScans", s.seq_tup_read::float8 as "scannedRows",
      coalesce(s.idx_scan, 0)::float8 as "indexScans",
      (select json_agg(attname order by attnum) from pg_attribute
        where attrelid = s.relid and attnum > 0 and not attisdropped) as columns
    from pg_stat_user_tables s order by s.schemaname, s.relname`);
  return [...rows];
}
