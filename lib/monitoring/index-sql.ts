/** A name as SQL text. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function qualify(schema: string, name: string): string {
  return `${quote(schema)}.${quote(name)}`;
}

/** Drops an index without keeping writers waiting. */
export function dropIndexSql({ schema, name }: { schema: string; name: string }): string {
  return `DROP INDEX CONCURRENTLY ${qualify(schema, name)};`;
}

/** Creates an index without keeping writers waiting: of columns, or as pg_get_indexdef wrote it down. */
export function createIndexSql(
  index: { schema: string; table: string; name: string; columns: readonly string[] } | { definition: string },
): string {
  if ('definition' in index)
    return `${index.definition.replace(/^CREATE (UNIQUE )?INDEX /, 'CREATE $1INDEX CONCURRENTLY ')};`;
  const { schema, table, name, columns } = index;
  return `CREATE INDEX CONCURRENTLY ${quote(name)} ON ${qualify(schema, table)} (${columns.map(quote).join(', ')});`;
}
