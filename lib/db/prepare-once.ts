import { type Placeholder, sql } from 'drizzle-orm';
import type { Database } from './client.ts';

interface Executable {
  execute(values: Record<string, unknown>): Promise<unknown>;
}

/**
 * Has Drizzle build a statement once, not in each request, where that is an eighth of the CPU time of a read. What varies is a
 * `sql.placeholder`, and comes with `execute`; where it runs, the pool or a transaction, is named at each use.
 */
export function prepareOnce<P extends Executable>(
  build: (database: Database) => P,
): (database: Database) => Pick<P, 'execute'> {
  let prepared: P | undefined;
  return (database) => {
    // A prepared query of Drizzle's keeps the client that it was built with, and has no other way to run on another one.
    prepared ??= Object.assign(build(database), { client: undefined });
    const { client } = (database as unknown as { session: { client: unknown } }).session;
    return Object.assign(Object.create(prepared), { client });
  };
}

/** A placeholder for each of the columns, of their names. */
export function placeholdersFor<K extends string>(
  columns: Readonly<Record<K, true>>,
): Record<K, Placeholder<K>> {
  const placeholders = Object.keys(columns).map((column) => [column, sql.placeholder(column)]);
  return Object.fromEntries(placeholders) as Record<K, Placeholder<K>>;
}
