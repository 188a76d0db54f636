import type { CopyConnection } from '#lib/db/copy-connection.ts';

/**
 * Takes off the tables what would slow down or disturb a load: indexes, foreign keys and triggers. The function that it returns puts
 * everything back, whereby PostgreSQL checks every foreign key anew. It takes the owner of the tables, no superuser.
 */
export async function bareTables(connection: CopyConnection): Promise<() => Promise<void>> {
  const before = await describeSchema(connection);
  const { indexes, foreignKeys, tables } = before;
  const send = async (statements: readonly string[]) => {
    for (const statement of statements) await connection.send(statement);
  };
  await send(foreignKeys.map(({ table, name }) => `alter table ${table} drop constraint ${name}`));
  await send(indexes.map(({ name }) => `drop index ${name}`));
  await send(tables.map(({ name }) => `alter table ${name} disable trigger user`));
  return async () => {
    await send(indexes.map(({ definition }) => definition));
    await send(
      foreignKeys.map(
        ({ table, name, definition }) => `alter table ${table} add constraint ${name} ${definition}`,
      ),
    );
    await send(tables.map(({ name }) => `alter table ${name} enable trigger user`));
    if (JSON.stringify(await describeSchema(connection)) !== JSON.stringify(before))
      throw new Error('indexes, foreign keys or triggers are not what they were before the load');
  };
}

interface SchemaDescription {
  readonly indexes: readonly { readonly name: string; readonly definition: string }[];
  readonly foreignKeys: readonly {
    readonly table: string;
    readonly name: string;
    readonly definition: string;
  }[];
  readonly tables: readonly { readonly name: string }[];
  readonly triggers: readonly { readonly name: string; readonly isEnabled: string }[];
}

/** Names come quoted, as statements need them. */
async function describeSchema(connection: CopyConnection): Promise<SchemaDescription> {
  const [row] = await connection.send(`
    with owned as (
      select oid, oid::regclass::text as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind = 'r'
        and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e')
    )
    select
      (select coalesce(json_agg(json_build_object('name', name) order by name), '[]') from owned) as tables,
      (select coalesce(json_agg(json_build_object('name', indexrelid::regclass::text, 'definition', pg_get_indexdef(indexrelid))
          order by indexrelid::regclass::text), '[]')
        from pg_index join owned on indrelid = owned.oid
        where not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u', 'x'))) as indexes,
      (select coalesce(json_agg(json_build_object('table', owned.name, 'name', quote_ident(conname), 'definition', pg_get_constraintdef(pg_constraint.oid))
          order by owned.name, conname), '[]')
        from pg_constraint join owned on conrelid = owned.oid where contype = 'f') as "foreignKeys",
      (select coalesce(json_agg(json_build_object('name', owned.name || ' ' || tgname, 'isEnabled', tgenabled) order by owned.name, tgname), '[]')
        from pg_trigger join owned on tgrelid = owned.oid where not tgisinternal) as triggers`);
  return row as unknown as SchemaDescription;
}
