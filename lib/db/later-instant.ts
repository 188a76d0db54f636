import { type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';

/**
 * The instant of a statement, whenever its transaction began: it sends the statement once it has the lock of a row, so changes of the
 * row have theirs in order.
 */
export const statementInstant: SQL = sql`statement_timestamp()`;

/** The instant of a change, always later than that of the row's change before, also when the clock was set back. */
export function laterInstant(column: PgColumn): SQL {
  return sql`greatest(${statementInstant}, ${column} + interval '1 microsecond')`;
}
