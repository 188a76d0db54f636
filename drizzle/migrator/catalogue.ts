/**
 * One line for every object of the schema public, with all that makes it what it is, in a fixed order. What extensions own is theirs.
 * Names of roles are in the lines `grant` only, as they differ from one database to the next.
 */
const lines = `
with tables as (
  select c.oid, c.relname, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.relacl
  from pg_class c
  where c.relnamespace = 'public'::regnamespace and not c.relispartition
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
), routines as (
  select p.oid, p.proacl from pg_proc p
  where p.pronamespace = 'public'::regnamespace and p.prokind in ('f', 'p')
    and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
)
select 'table' as kind, format('%s kind=%s persistence=%s row_security=%s/%s options=%s view=%s comment=%L', relname, relkind,
  relpersistence, relrowsecurity, relforcerowsecurity, reloptions, case when relkind in ('v', 'm') then pg_get_viewdef(oid) end,
  obj_description(oid, 'pg_class')) as line
  from tables where relkind in ('r', 'p', 'v', 'm', 'f')
union all
select 'column', format('%s.%s #%s %s not_null=%s default=%s identity=%s generated=%s collation=%s comment=%L', t.relname, a.attname,
  rank() over (partition by t.oid order by a.attnum), format_type(a.atttypid, a.atttypmod), a.attnotnull,
  pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, nullif(a.attcollation, y.typcollation)::regcollation,
  col_description(t.oid, a.attnum))
  from tables t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
  join pg_type y on y.oid = a.atttypid
  left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
  where t.relkind in ('r', 'p', 'v', 'm', 'f')
union all
select 'index', format('%s valid=%s comment=%L', pg_get_indexdef(i.indexrelid), i.indisvalid, obj_description(i.indexrelid, 'pg_class'))
  from tables t join pg_index i on i.indexrelid = t.oid
union all
select 'constraint', format('%s on %s: %s validated=%s comment=%L', c.conname, t.relname, pg_get_constraintdef(c.oid), c.convalidated,
  obj_description(c.oid, 'pg_constraint'))
  from tables t join pg_constraint c on c.conrelid = t.oid where c.contype <> 'n'
union all
select 'trigger', format('%s enabled=%s comment=%L', pg_get_triggerdef(g.oid), g.tgenabled, obj_description(g.oid, 'pg_trigger'))
  from tables t join pg_trigger g on g.tgrelid = t.oid where not g.tgisinternal
union all
select 'policy', format('%s on %s for %s permissive=%s using=%s check=%s', p.polname, t.relname, p.polcmd, p.polpermissive,
  pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
  from tables t join pg_policy p on p.polrelid = t.oid
union all
select 'sequence', format('%s %s start=%s by=%s from=%s to=%s cycle=%s', t.relname, s.seqtypid::regtype, s.seqstart, s.seqincrement,
  s.seqmin, s.seqmax, s.seqcycle)
  from tables t join pg_sequence s on s.seqrelid = t.oid
union all
select 'function', format('%s comment=%L', pg_get_functiondef(oid), obj_description(oid, 'pg_proc')) from routines
union all
select 'type', format('%s base=%s not_null=%s labels=%s', y.typname, nullif(y.typbasetype, 0)::regtype, y.typnotnull,
  (select array_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = y.oid))
  from pg_type y where y.typnamespace = 'public'::regnamespace and y.typtype in ('e', 'd')
    and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = y.oid and d.deptype = 'e')
union all
select 'extension', extname from pg_extension where extname <> 'plpgsql'
union all
select 'grant', format('%s %s', relname, relacl) from tables where relacl is not null
union all
select 'grant', format('%s.%s %s', t.relname, a.attname, a.attacl)
  from tables t join pg_attribute a on a.attrelid = t.oid and a.attacl is not null
union all
select 'grant', format('%s %s', oid::regprocedure, proacl) from routines where proacl is not null`;

/** `kind` and `line` of everything. */
export const selectCatalogue = `select kind, line from (${lines}) as catalogue order by kind collate "C", line collate "C"`;

/**
 * Functions that travel with the database, so that whoever asks gets an answer that can be compared with what was recorded: a change of
 * what they look at needs functions of another name. The search path decides which names are written with their schema.
 *
 * The fingerprint is over what migrations make. Rights and extensions are left out: an operator grants and installs them, and what an
 * extension carries, such as an index, is seen by itself.
 */
export const createCatalogueFunctions = `
create function drizzle.schema_catalogue() returns jsonb stable language sql set search_path = public set jit = off as $body$
  select coalesce(jsonb_agg(kind || ' ' || line order by kind collate "C", line collate "C"), '[]')
  from (${lines}) as catalogue where kind not in ('grant', 'extension') $body$;
create function drizzle.schema_fingerprint() returns text stable language sql set search_path = public set jit = off as $body$
  select md5(drizzle.schema_catalogue()::text) $body$`;
