import type { Database } from './client.ts';

/**
 * Has Drizzle build a statement once for each database, not in each request, where that is an eighth of the CPU time of a read. What
 * varies is a `sql.placeholder`, and comes with `execute`. In a transaction, a database of its own, nothing is saved.
 */
export function prepareOnce<P>(build: (database: Database) => P): (database: Database) => P {
  const built = new WeakMap<Database, P>();
  return (database) => {
    const known = built.get(database);
    if (known) return known;
    const prepared = build(database);
    built.set(database, prepared);
    return prepared;
  };
}
